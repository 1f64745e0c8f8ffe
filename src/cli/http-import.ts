import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { Recording } from '../model/recording.ts';
import type { ImportOptions } from '../voice-recorder.ts';
import type { ApiClient } from './api-client.ts';
import { openSource, type SourceFile } from './source-file.ts';
import { createUpload, dropUpload, type ServerReceipt, sendChunk, type TusUpload } from './tus-upload.ts';

type StoredOutcome = ImportOutcome & { readonly id: string; readonly checksum: string };

/** What a server promises to take or refuse as a whole (DESIGN: clients keep checksummed chunks <= 8 MiB). */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** Imports one file through a running server. Like `Library.importFile`, it never rejects for a bad file. */
export async function importThroughServer(
  api: ApiClient,
  dataDir: string,
  path: string,
  options: ImportOptions,
): Promise<ImportOutcome> {
  let source: SourceFile | undefined;
  try {
    source = await openSource(path, CHUNK_BYTES);
    if (source.sizeBytes === 0) {
      throw new VoiceRecorderError('audio-no-samples', `${path} is empty: expected an audio file.`);
    }
    const sent = await sendAndCompare(api, path, source, options);
    if (!options.isMove && !options.isReadBack) return sent;
    return await finishSource(api, dataDir, source, sent, options);
  } catch (error) {
    if (options.signal?.aborted) return rejected(path, interrupted(path, error));
    if (error instanceof VoiceRecorderError) return rejected(path, error);
    throw error;
  } finally {
    await source?.close();
  }
}

async function sendAndCompare(
  api: ApiClient,
  path: string,
  source: SourceFile,
  options: ImportOptions,
): Promise<StoredOutcome> {
  const metadata = {
    kind: 'file' as const,
    filename: basename(path),
    title: options.title ?? null,
    tags: options.tags ?? [],
    recordedAt: source.changedAt,
    recordedAtSource: 'file-date',
  };
  const upload = await createUpload(api, source.sizeBytes, metadata, options.signal);
  let checksum = '';
  let receipt: ServerReceipt | undefined;
  try {
    for (let sentBytes = 0; sentBytes < source.sizeBytes; ) {
      const bytes = await source.read();
      // The last byte makes it a recording: before that the source must prove to be what was read.
      if (sentBytes + bytes.byteLength === source.sizeBytes) checksum = await source.finish();
      receipt = await sendChunk(api, upload, bytes, sentBytes, options.signal);
      sentBytes += bytes.byteLength;
      options.onProgress?.(sentBytes);
    }
  } catch (error) {
    await dropUpload(api, upload);
    throw error;
  }
  expectSame(path, receipt, checksum);
  return outcomeOf(path, upload, receipt);
}

/** What was stored stays stored, even if its source must be left where it is. */
async function finishSource(
  api: ApiClient,
  dataDir: string,
  source: SourceFile,
  outcome: StoredOutcome,
  { isMove, signal }: ImportOptions,
): Promise<ImportOutcome> {
  try {
    await expectReadBack(api, outcome, signal);
    if (!isMove) return outcome;
    const { json } = await api.request('GET', `/api/recordings/${outcome.id}`);
    await source.remove(join(dataDir, (json as Recording).storedFilename));
    return outcome;
  } catch (error) {
    if (!(error instanceof VoiceRecorderError)) throw error;
    return { ...outcome, error: { code: error.code, message: error.message } };
  }
}

function expectSame(
  path: string,
  receipt: ServerReceipt | undefined,
  checksum: string,
): asserts receipt is ServerReceipt {
  if (receipt?.checksum === checksum) return;
  throw new VoiceRecorderError(
    'checksum-mismatch',
    `${path} did not arrive as it was sent: expected SHA-256 ${checksum}, the server has ${receipt?.checksum ?? 'none'}. ` +
      'The source was left alone.',
  );
}

/** A source is removed only after its stored copy was read back and matched. */
async function expectReadBack(
  api: ApiClient,
  { file, id, checksum }: StoredOutcome,
  signal: AbortSignal | undefined,
): Promise<void> {
  const hash = createHash('sha256');
  const body = await api.stream(`/api/recordings/${id}/audio`, signal);
  for await (const part of body as AsyncIterable<Uint8Array>) hash.update(part);
  expectSame(file, { recordingId: id, checksum: hash.digest('hex') }, checksum);
}

function outcomeOf(path: string, upload: TusUpload, receipt: ServerReceipt): StoredOutcome {
  return {
    file: path,
    // The upload's id becomes the recording's, unless the same bytes were there before.
    status: receipt.recordingId === upload.id ? 'stored' : 'duplicate',
    id: receipt.recordingId,
    checksum: receipt.checksum,
  };
}

function interrupted(path: string, cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError('interrupted', `${path} was not imported: the import was stopped.`, {
    cause,
  });
}

function rejected(path: string, error: VoiceRecorderError): ImportOutcome {
  return { file: path, status: 'rejected', error: { code: error.code, message: error.message } };
}
