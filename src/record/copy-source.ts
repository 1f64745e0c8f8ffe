import * as fs from 'node:fs';
import { join } from 'node:path';
import type { AudioFacts } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { asFileFailure } from '../validation/file-rules.ts';
import { roomRule, sizeRule } from '../validation/size-rules.ts';
import { unchangedRule } from '../validation/transfer-rules.ts';
import { writeAllNow } from './check-folder.ts';
import { type CopyResult, copyBytes, copyBytesNow } from './copy-bytes.ts';
import type { CopyListener, CopyTools } from './copy-listener.ts';
import { DirectWriter } from './direct-writer.ts';
import { systemDisk } from './disk.ts';
import { encodeFirstBlock, encodeRecord, journalPosition } from './journal-format.ts';
import { COPY_INFO_NAME, dataPath, journalPath, uploadFolder } from './spool-layout.ts';
import type { UploadInfo } from './upload-info.ts';

export interface SourceCopyRequest {
  readonly sourcePath: string;
  readonly spoolPath: string;
  /** All that is to be said of the copy but its sizes, which the source tells. */
  readonly info: UploadInfo;
  readonly nowMs: number;
  readonly maxFileBytes: number | null;
  /** Where a listener writes what it makes of the bytes; null: nobody listens. */
  readonly byProductPath: string | null;
  /** What copies may still fill. */
  readonly freeBytes: number;
  /** Becomes 1 when nobody wants the copy any more. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** A copy, and what its header says where that was looked at and suffices. */
export interface SourceCopy extends CopyResult {
  readonly facts?: AudioFacts;
}

/** From here on writing goes to a second thread: for shorter files handing over costs more than it brings. */
const LONG_BYTES = 32 * 1024 * 1024;
/** Shorter files are written through the page cache, which waits for no disk. */
const DIRECT_BYTES = 256 * 1024;

/**
 * Copies a file of this machine into a spool folder of its own, with every look at it from the first to the last.
 * Runs in a worker thread and blocks it but for the sync of a short file. Resolves when the copied bytes would survive a power cut; what is said of
 * them need not, for until they are a recording the source is there and the copy can be made again.
 */
export async function copySource(
  request: SourceCopyRequest,
  onProgress: (bytesDone: number) => void,
  {
    hearCopy,
    readFacts,
    sync = systemDisk.sync,
  }: CopyTools & { readonly sync?: typeof systemDisk.sync } = {},
): Promise<SourceCopy> {
  const { sourcePath, spoolPath, info, nowMs, stop } = request;
  const source = openSource(sourcePath);
  const opened = [source];
  let listener: CopyListener | undefined;
  let direct: DirectWriter | undefined;
  const make = (path: string): number => {
    const descriptor = fs.openSync(path, 'wx', 0o600);
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const before = fs.fstatSync(source, { bigint: true });
    if (!before.isFile()) throw notRegular(sourcePath);
    const sizeBytes = Number(before.size);
    requireFitting(request, sizeBytes);
    const folder = uploadFolder(spoolPath, info.id);
    fs.mkdirSync(folder, { mode: 0o700 });
    const journal = make(journalPath(folder, 1));
    writeAllNow(journal, encodeFirstBlock(info.id, 'import', nowMs));
    writeAllNow(make(join(folder, COPY_INFO_NAME)), infoBytes(info, sourcePath, sizeBytes));
    const data = make(dataPath(folder, 1));
    // What is found out of the source now is so of the copy: a source that changes until its end is refused.
    const facts = readFacts?.({ descriptor: source, sizeBytes }, info.wish.filename);
    if (request.byProductPath !== null)
      listener = hearCopy?.({ descriptor: source, sizeBytes }, request.byProductPath);
    if (sizeBytes >= DIRECT_BYTES) direct = DirectWriter.open(dataPath(folder, 1));
    const bytes = { source, target: data, lengthBytes: null, stop, listener, direct };
    const copied = sizeBytes < LONG_BYTES ? copyBytesNow(bytes) : await copyBytes(bytes, onProgress);
    const sha256 = Buffer.from(copied.checksum, 'hex');
    const record = { offsetBytes: 0, lengthBytes: copied.sizeBytes, sha256, covers: 'all' } as const;
    writeAllNow(journal, encodeRecord(info.id, { ...record, receivedAtMs: nowMs }), journalPosition(0));
    await Promise.all([sync(data), listener?.end()]);
    const after = fs.fstatSync(source, { bigint: true });
    const isSameFile = after.size === before.size && after.mtimeNs === before.mtimeNs;
    unchangedRule.check({ path: sourcePath, sizeBytes, readBytes: copied.sizeBytes, isSameFile });
    return facts === undefined ? copied : { ...copied, facts };
  } catch (error) {
    listener?.giveUp();
    throw error;
  } finally {
    direct?.close();
    for (const descriptor of opened) fs.closeSync(descriptor);
  }
}

/** Looks before it opens: opening a pipe or a device may wait for ever, or do something. Links are followed. */
function openSource(path: string): number {
  try {
    if (!fs.statSync(path).isFile()) throw notRegular(path);
    return fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw asFileFailure(path, error);
  }
}

function notRegular(path: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'file-not-regular',
    `${path} is a folder, pipe or device; only files are imported.`,
  );
}

function requireFitting(request: SourceCopyRequest, sizeBytes: number): void {
  const { sourcePath, info, maxFileBytes, freeBytes } = request;
  const whose = `file ${sourcePath}`;
  sizeRule.check({ whose, kind: info.wish.kind, sizeBytes, maxFileBytes });
  roomRule.check({ whose, sizeBytes, usableBytes: freeBytes });
}

function infoBytes(info: UploadInfo, sourcePath: string, sizeBytes: number): Buffer {
  const origin = { kind: 'import', sourcePath, sourceBytes: sizeBytes } as const;
  return Buffer.from(`${JSON.stringify({ ...info, lengthBytes: sizeBytes, origin }, null, 2)}\n`);
}
