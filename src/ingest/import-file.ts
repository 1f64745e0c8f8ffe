import { basename } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import { NOTHING_SAID, type SpooledFile, type UploadReceipt, type UploadWish } from '../model/upload.ts';
import type { ImportOptions } from '../voice-recorder.ts';
import { type AdmittedFile, admit } from './admit.ts';
import type { ImportDesk } from './ingest-desk.ts';
import { ingestCopy } from './ingest-spooled.ts';
import { readBack, removeMovedSource } from './move-source.ts';
import { type RehearsalDesk, rehearse } from './rehearse.ts';

/**
 * Brings in one file of this machine. Never rejects for a bad file, a full disk or an abort: the outcome says what
 * became of it. The source is left alone, unless `isMove` and everything is committed and read back; if only its
 * removal failed, the outcome is `stored` (or `duplicate`) with an `error` that says so.
 */
export async function importFile(
  desk: ImportDesk,
  path: string,
  options: ImportOptions = {},
): Promise<ImportOutcome> {
  try {
    requireGoingOn(path, options.signal);
    const { isMove = false, isDryRun = false, isReadBack = false } = options;
    if (isDryRun) return await rehearse(rehearsalOf(desk), path, options);
    const source = await admit(desk, path, { isMove });
    const receipt = await store(desk, source, options);
    const outcome = outcomeOf(path, receipt);
    if (isMove) return await finish(() => removeMovedSource(desk, source, receipt), outcome);
    return isReadBack ? await finish(() => readBack(desk, path, receipt), outcome) : outcome;
  } catch (error) {
    return rejection(path, error, options.signal);
  }
}

async function store(desk: ImportDesk, source: AdmittedFile, options: ImportOptions): Promise<UploadReceipt> {
  const { signal, onProgress } = options;
  const peaks = await desk.peaksPlace?.();
  const spooled = await desk.copyIn(source.path, wishFor(source, options), {
    sizeBytes: source.sizeBytes,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
    ...(peaks ? { byProductPathOf: (id) => peaks.pathOf(id) } : {}),
  });
  let becomes: RecordingId | undefined;
  try {
    requireGoingOn(source.path, signal);
    const receipt = await ingestCopy(desk, spooled);
    becomes = receipt.recordingId;
    return receipt;
  } finally {
    if (becomes !== spooled.id) await peaks?.forget(spooled.id);
    await discard(desk, spooled);
  }
}

/** What an import says about its file when nobody says more. */
export function wishFor(source: AdmittedFile, { title, tags }: ImportOptions): UploadWish {
  return {
    ...NOTHING_SAID,
    kind: 'file',
    filename: basename(source.path),
    title: title ?? null,
    tags: tags ?? [],
    recordedAt: source.changedAt,
    recordedAtSource: 'file-date',
  };
}

/** A leftover in the spool harms nobody: the next start finds and removes it. */
async function discard(desk: ImportDesk, { id }: SpooledFile): Promise<void> {
  try {
    await desk.discardSpooled(id);
  } catch (error) {
    if (!(error instanceof VoiceRecorderError)) throw error;
    desk.log?.('warn', `The spool folder of import ${id} could not be removed yet.`, { error });
  }
}

function rehearsalOf(desk: ImportDesk): RehearsalDesk {
  return {
    dataDir: desk.dataDir,
    maxFileBytes: desk.maxFileBytes,
    usableBytes: () => desk.usableBytes(),
    probe: (path, filename, signal) => desk.media.probe(path, filename, signal),
    hashFile: (path, signal) => desk.hashFile(path, signal),
    findByChecksum: (checksum) => desk.recordings.findByChecksum(checksum),
  };
}

/** What is stored stays stored, whatever fails after that. */
async function finish(work: () => Promise<unknown>, outcome: ImportOutcome): Promise<ImportOutcome> {
  try {
    await work();
    return outcome;
  } catch (error) {
    if (!(error instanceof VoiceRecorderError)) throw error;
    return { ...outcome, error: { code: error.code, message: error.message } };
  }
}

function outcomeOf(file: string, { recordingId, checksum, isDuplicate }: UploadReceipt): ImportOutcome {
  return { file, status: isDuplicate ? 'duplicate' : 'stored', id: recordingId, checksum };
}

function requireGoingOn(path: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted(path);
}

function interrupted(path: string): VoiceRecorderError {
  return new VoiceRecorderError('interrupted', `${path} was not imported: the import was stopped.`);
}

function rejection(file: string, error: unknown, signal: AbortSignal | undefined): ImportOutcome {
  const failure = signal?.aborted ? interrupted(file) : error;
  if (!(failure instanceof VoiceRecorderError)) throw failure;
  return { file, status: 'rejected', error: { code: failure.code, message: failure.message } };
}
