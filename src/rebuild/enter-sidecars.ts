import { join, posix } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording, RecordingStatus } from '../model/recording.ts';
import { type KnownSidecar, readSidecar } from '../model/sidecar-reading.ts';
import { buryLeftover, isBuried } from './known-tombstones.ts';
import { lookAt, readDocument } from './look-at.ts';
import type { RebuildDesk, RebuildFault } from './rebuild-desk.ts';
import { stemOf } from './stored-name.ts';

/** What a sidecar and the file beside it come to. */
interface Found extends KnownSidecar {
  readonly key: string;
  readonly statusBeforeTrash?: RecordingStatus;
  readonly isSidecarOwed: boolean;
}

export interface SidecarTally {
  readonly recovered: number;
  readonly faults: readonly RebuildFault[];
  /** Stems of sidecars whose audio must not be adopted as if it had none. */
  readonly held: readonly string[];
}

/** Enters the recordings that a page of sidecars describes. `isStrict` false: only those that nobody else knows. */
export async function enterSidecars(
  desk: RebuildDesk,
  keys: readonly string[],
  isStrict: boolean,
): Promise<SidecarTally> {
  const faults: RebuildFault[] = [];
  const held: string[] = [];
  const looked = await Promise.all(keys.map((key) => lookAtSidecar(desk, key, isStrict, faults, held)));
  const found = await dropRepeated(
    desk,
    looked.flatMap((entry) => entry ?? []),
    isStrict,
    faults,
  );
  const outcomes = await desk.known.put(found);
  let recovered = 0;
  outcomes.forEach((outcome, index) => {
    const entry = found[index];
    if (outcome === 'taken' && entry)
      faults.push(repeated(entry.key, entry.recording.id, entry.recording.storedFilename));
    else if (entry && statusNow(entry) !== 'missing') recovered += 1;
  });
  return { recovered, faults, held };
}

function statusNow({ recording, statusBeforeTrash }: Found): RecordingStatus {
  return statusBeforeTrash ?? recording.status;
}

async function lookAtSidecar(
  desk: RebuildDesk,
  key: string,
  isStrict: boolean,
  faults: RebuildFault[],
  held: string[],
): Promise<Found | undefined> {
  let known: KnownSidecar;
  try {
    known = readSidecar(await readDocument(join(desk.dataDir, key), key), key);
  } catch (error) {
    if (!(error instanceof VoiceRecorderError)) throw error;
    // Whatever else lies in the quarantine is no sidecar in use.
    if (isStrict) faults.push({ file: key, code: error.code, message: error.message });
    if (error.code !== 'sidecar-unreadable') held.push(stemOf(key));
    return undefined;
  }
  const { recording, history } = known;
  const storedFilename = `${stemOf(key)}${posix.extname(recording.storedFilename)}`;
  if (await isBuried(desk.dataDir, recording.id)) {
    await buryLeftover(desk, recording.id, storedFilename);
    return undefined;
  }
  const fault = await judgeAudio(desk, recording, storedFilename);
  if (fault?.status === 'missing' && (await isArriving(desk, recording.id))) return undefined;
  if (!isStrict && (fault?.status === 'missing' || storedFilename !== recording.storedFilename))
    return undefined;
  if (fault) faults.push({ file: storedFilename, code: fault.code, message: fault.message });
  return {
    key,
    history,
    isSidecarOwed: storedFilename !== recording.storedFilename,
    ...withStatus({ ...recording, storedFilename }, fault?.status),
  };
}

/** The sidecar comes before the audio: one alone may belong to bytes that still lie in the spool. */
async function isArriving(desk: RebuildDesk, id: string): Promise<boolean> {
  return (await lookAt(join(desk.dataDir, 'spool', id))) !== undefined;
}

function withStatus(recording: Recording, found: 'missing' | 'damaged' | undefined) {
  if (recording.status === 'trashed') {
    return { recording, ...(found === undefined ? {} : { statusBeforeTrash: found }) };
  }
  const status = found ?? (recording.status === 'placing' ? 'active' : recording.status);
  return { recording: { ...recording, status } };
}

type AudioFault = Pick<RebuildFault, 'code' | 'message'> & { readonly status: 'missing' | 'damaged' };

async function judgeAudio(
  desk: RebuildDesk,
  { id, filesizeBytes }: Recording,
  key: string,
): Promise<AudioFault | undefined> {
  const found = await lookAt(join(desk.dataDir, key));
  if (found === undefined) {
    const message = `The audio of recording ${id} is missing: nothing lies at ${key}. What its sidecar says was kept.`;
    return { status: 'missing', code: 'blob-missing', message };
  }
  if (!found.isFile()) {
    const message = `The audio of recording ${id} is not where it should be: ${key} is no regular file.`;
    return { status: 'damaged', code: 'file-not-regular', message };
  }
  if (found.size === filesizeBytes) return undefined;
  const message = `The audio of recording ${id} is not what it was: ${key} has ${found.size} bytes, its sidecar says ${filesizeBytes}.`;
  return { status: 'damaged', code: 'digest-mismatch', message };
}

/** Leaves out sidecars of ids whose original lies elsewhere: somebody copied files within the store. */
async function dropRepeated(
  desk: RebuildDesk,
  found: readonly Found[],
  isStrict: boolean,
  faults: RebuildFault[],
): Promise<Found[]> {
  const pathOf = new Map(await desk.known.findIds(found.map(({ recording }) => recording.id)));
  const kept: Found[] = [];
  for (const entry of found) {
    const { id, storedFilename } = entry.recording;
    const other = pathOf.get(id);
    const isElsewhere = other !== undefined && other !== storedFilename;
    if (isElsewhere && (await lookAt(join(desk.dataDir, other))) !== undefined) {
      if (isStrict) faults.push(repeated(entry.key, id, other));
      continue;
    }
    pathOf.set(id, storedFilename);
    kept.push(entry);
  }
  return kept;
}

export function repeated(file: string, id: string, other: string): RebuildFault {
  const message = `${file} bears the id of recording ${id}, whose original lies at ${other}. It was left where it is.`;
  return { file, code: 'recording-repeated', message };
}
