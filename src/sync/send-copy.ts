import type { CopyLedger, DueCopy, LedgerTarget } from '../catalogue/copy-ledger.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import { sidecarKey } from '../model/sidecar.ts';
import type { CopyTarget, Shipment } from './copy-target.ts';

/** What is said of a recording, to lie beside its audio. */
export interface FarSidecar {
  readonly text: string;
  /** The recording's `version` that it tells of. */
  readonly version: number;
}

export interface SendDesk {
  readonly ledger: CopyLedger;
  readonly target: LedgerTarget;
  readonly far: CopyTarget;
  localPath(storedFilename: string): string;
  describe(id: RecordingId): Promise<FarSidecar | undefined>;
}

/** `bytesDone` of the step: bytes sent while `sending`, bytes read back while `sent`. */
export type OnStep = (state: 'sending' | 'sent', bytesDone: number) => void;

/**
 * Brings one recording to the target: audio, read back there and compared, then what is said of it. Each step is in the ledger
 * before the next begins, so that whoever goes on after a crash sends nothing that arrived. Other bytes that lie in its place
 * are never overwritten unless this store sent them. Rejects with `copy-conflict`, `copy-mismatch`, and as
 * {@link CopyTarget} does.
 */
export async function sendCopy(desk: SendDesk, copy: DueCopy, onStep: OnStep): Promise<void> {
  const { ledger, target } = desk;
  const { recordingId, storedFilename: key, checksum, sizeBytes } = copy;
  if (!copy.isVerified) {
    const shipment = { key, path: desk.localPath(key), checksum, sizeBytes };
    const there = await desk.far.stat(key);
    const isRight = there?.sizeBytes === sizeBytes && (await isSame(desk, shipment, onStep));
    if (!isRight) {
      if (there !== undefined && !copy.isBegun) throw conflict(shipment, there.sizeBytes);
      await ledger.begin(target, copy);
      onStep('sending', 0);
      await send(desk, copy, shipment, onStep);
      await ledger.markSent(target, recordingId);
      onStep('sent', 0);
      if (!(await isSame(desk, shipment, onStep))) throw mismatch(key, checksum);
    }
  }
  const version = await sendSidecar(desk, recordingId, key);
  await ledger.settle(target, recordingId, version);
}

async function send(
  { far, ledger, target }: SendDesk,
  { recordingId: id, session: known }: DueCopy,
  shipment: Shipment,
  onStep: OnStep,
): Promise<void> {
  const begin = async () => {
    const session = await far.begin(shipment);
    if (session !== null) await ledger.keepSession(target, id, session);
    return session;
  };
  const onBytes = (bytes: number) => onStep('sending', bytes);
  const session = known ?? (await begin());
  try {
    await far.send(shipment, session, onBytes);
  } catch (error) {
    if (failureCodeOf(error) !== 'copy-session-lost') throw error;
    await ledger.keepSession(target, id, null);
    await far.send(shipment, await begin(), onBytes);
  }
}

async function isSame(
  { far }: SendDesk,
  { key, checksum, sizeBytes }: Shipment,
  onStep: OnStep,
): Promise<boolean> {
  const found = await far.digest(key, (bytes) => onStep('sent', bytes));
  return found.checksum === checksum && found.sizeBytes === sizeBytes;
}

/** Read back as well: it is as much worth as the audio. */
async function sendSidecar({ far, describe }: SendDesk, id: RecordingId, key: string): Promise<number> {
  const sidecar = await describe(id);
  if (sidecar === undefined)
    throw new VoiceRecorderError('recording-unknown', `Recording ${id} was removed while it was sent.`);
  const farKey = sidecarKey(key);
  await far.putDocument(farKey, sidecar.text);
  if ((await far.readDocument(farKey)) === sidecar.text) return sidecar.version;
  throw new VoiceRecorderError('copy-mismatch', `${farKey}, read back at the target, is not what was sent.`);
}

function conflict({ key, sizeBytes }: Shipment, foundBytes: number): VoiceRecorderError {
  const found = foundBytes === sizeBytes ? 'as many other bytes' : `${foundBytes} bytes`;
  return new VoiceRecorderError(
    'copy-conflict',
    `${key} is at the target already and is another file: expected ${sizeBytes} bytes, found ${found}. Nothing was overwritten. ` +
      'Move that object away, then sync again.',
  );
}

export function mismatch(key: string, checksum: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'copy-mismatch',
    `${key}, read back at the target, has not the SHA-256 of the recording (${checksum}). It counts for nothing and is sent again.`,
  );
}
