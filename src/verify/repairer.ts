import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import {
  describeFaults,
  describeSilence,
  type RepairableFault,
  type RepairOutcome,
  type SilencedPart,
} from '../model/repair.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import type { FixityCheck } from '../model/verification.ts';
import type { VerifyOptions } from './verification.ts';

/** Fetches bytes of `recording` from a verified copy into a new, synced file of the store's disk; undefined: there is none. */
export type FetchCopy = (recording: Recording, signal?: AbortSignal) => Promise<string | undefined>;

export interface RepairerDesk {
  find(id: RecordingId): Promise<Recording | undefined>;
  verify(id: RecordingId, options: VerifyOptions): Promise<FixityCheck>;
  readonly turns: { take<T>(id: RecordingId, work: () => Promise<T>): Promise<T> };
  readonly fetchCopy: FetchCopy;
  hashFile(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ readonly checksum: string; readonly sizeBytes: number }>;
  /** Moves what lies under `key` to the quarantine. */
  quarantine(key: string, reason: string): Promise<string>;
  place(
    key: string,
    sourcePath: string,
    expected: { readonly checksum: string; readonly sizeBytes: number },
  ): Promise<void>;
  findFaults(key: string, options: ShareOptions): Promise<readonly RepairableFault[]>;
  /** Makes a recording that names `parent` of what can be put right of its file; the same one each time. */
  makeRepaired(parent: Recording, options: ShareOptions): Promise<MadeRepair>;
}

export interface MadeRepair {
  readonly id: RecordingId;
  readonly silenced: readonly SilencedPart[];
}

interface ShareOptions {
  readonly signal?: AbortSignal;
  /** Hears how much is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

// How the work divides, roughly, where a fault is found.
const SHARE_VERIFIED = 0.4;
const SHARE_EXAMINED = 0.6;

type Verdict = Pick<RepairOutcome, 'outcome' | 'message'> &
  Partial<Pick<RepairOutcome, 'faults' | 'repairedId' | 'silenced'>>;

/**
 * Puts one recording right. Bytes that changed since they were received are only ever replaced by the same bytes as
 * they were; a file that came with a fault stays as it is, and a new recording beside it has the fault no more.
 * Rejects with `recording-unknown` or `interrupted`; every other end is an outcome.
 */
export async function repairRecording(
  desk: RepairerDesk,
  id: RecordingId,
  options: VerifyOptions = {},
): Promise<RepairOutcome> {
  const { signal, onProgress } = options;
  const check = await desk.verify(id, {
    ...options,
    ...(onProgress && { onProgress: (bytes) => onProgress(bytes * SHARE_VERIFIED) }),
  });
  const recording = await desk.find(id);
  if (!recording) throw unknownRecording(id);
  const answer = (verdict: Verdict): RepairOutcome => ({
    id,
    storedFilename: recording.storedFilename,
    faults: [],
    repairedId: null,
    silenced: [],
    ...verdict,
  });
  try {
    const verdict =
      check.result === 'ok' ? mend(desk, recording, options) : heal(desk, recording, check, signal);
    return answer(await verdict);
  } catch (error) {
    if (!(error instanceof VoiceRecorderError) || signal?.aborted) throw error;
    const message = `"${recording.title}" (${id}) could not be repaired. ${error.message}`;
    return answer({ outcome: 'failed', message });
  }
}

/** Faults that the file came with. */
async function mend(desk: RepairerDesk, recording: Recording, options: VerifyOptions): Promise<Verdict> {
  const { id, title, storedFilename } = recording;
  const codes = await desk.findFaults(
    storedFilename,
    partOf(recording, options, SHARE_VERIFIED, SHARE_EXAMINED),
  );
  if (codes.length === 0) {
    return { outcome: 'sound', message: `"${title}" (${id}) has no fault that is known here.` };
  }
  const faults = describeFaults(codes);
  const made = await desk.makeRepaired(recording, partOf(recording, options, SHARE_EXAMINED, 1));
  const what = faults.map(({ message }) => message).join(' ');
  const message =
    `"${title}" (${id}): ${what} Recording ${made.id} is the repaired one, this one stays as it was.` +
    describeSilence(made.silenced);
  return { outcome: 'repaired', faults, repairedId: made.id, silenced: made.silenced, message };
}

/** Tells a share of one step as bytes of the whole work. */
function partOf(
  { filesizeBytes }: Recording,
  { signal, onProgress }: VerifyOptions,
  from: number,
  to: number,
): ShareOptions {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (share) => onProgress(filesizeBytes * (from + (to - from) * share)) }),
  };
}

/** Bytes that are not those that were received. */
async function heal(
  desk: RepairerDesk,
  recording: Recording,
  check: FixityCheck,
  signal: AbortSignal | undefined,
): Promise<Verdict> {
  const { id, storedFilename, checksum, filesizeBytes: sizeBytes } = recording;
  const copyPath = await desk.fetchCopy(recording, signal);
  if (copyPath === undefined) {
    const advice = `No verified copy of it is known here. Put the right file back as ${storedFilename} and run "vrp verify ${id}", or import the same file again.`;
    return { outcome: 'no-copy', message: `${check.message ?? 'It is damaged.'} ${advice}` };
  }
  const copy = await desk.hashFile(copyPath, signal);
  if (copy.checksum !== checksum) {
    const message = `The copy of ${storedFilename} is not right either: expected SHA-256 ${checksum}, found ${copy.checksum}. Nothing was replaced.`;
    return { outcome: 'failed', message };
  }
  await desk.turns.take(id, async () => {
    if (check.result !== 'missing') {
      const reason = `${check.message ?? 'It is damaged.'} A verified copy took its place.`;
      await desk.quarantine(storedFilename, reason);
    }
    await desk.place(storedFilename, copyPath, { checksum, sizeBytes });
  });
  const again = await desk.verify(id, signal ? { signal } : {});
  if (again.result === 'ok') {
    return { outcome: 'healed', message: `${storedFilename} has the bytes again that were received.` };
  }
  return { outcome: 'failed', message: again.message ?? `${storedFilename} is still ${again.result}.` };
}
