import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import type { SpooledFile, UploadWish } from '../model/upload.ts';
import { asFileFailure } from '../validation/file-rules.ts';
import { roomRule, sizeRule } from '../validation/size-rules.ts';
import { unchangedRule } from '../validation/transfer-rules.ts';
import type { CopyResult } from './copy-bytes.ts';
import { asSpoolFailure, removeFolder } from './disk.ts';
import { encodeRecord, journalPosition } from './journal-format.ts';
import { COPY_INFO_NAME, dataPath, journalPath, uploadFolder } from './spool-layout.ts';
import { makeCopyFolder, type SpoolTools } from './spool-tools.ts';
import { newUploadInfo, type UploadInfo } from './upload-info.ts';

export interface CopyInOptions {
  readonly signal?: AbortSignal;
  /** Bytes of the source that were read so far. */
  readonly onProgress?: (bytesDone: number) => void;
}

/** Big copies have their write-back begun every so many bytes, so that the last sync has little left to do. */
const WRITE_BACK_BYTES = 64 * 1024 * 1024;

/** Copies a file of this machine into a spool folder of its own; see `UploadSpool.copyIn`. */
export async function copyIn(
  tools: SpoolTools,
  reserve: (id: string) => () => void,
  sourcePath: string,
  wish: UploadWish,
  options: CopyInOptions,
): Promise<SpooledFile> {
  const source = await openSource(sourcePath);
  try {
    const before = await source.stat({ bigint: true });
    const sizeBytes = Number(before.size);
    if (!before.isFile()) throw notRegular(sourcePath);
    const whose = `file ${sourcePath}`;
    sizeRule.check({ whose, kind: wish.kind, sizeBytes, maxFileBytes: tools.desk.maxFileBytes });
    roomRule.check({ whose, sizeBytes, usableBytes: await tools.desk.freeBytes() });
    const nowMs = tools.desk.clock.nowMs();
    const origin = { kind: 'import', sourcePath, sourceBytes: sizeBytes } as const;
    const info = newUploadInfo(newId(nowMs), toIsoUtc(nowMs), sizeBytes, wish, origin);
    const release = reserve(info.id);
    try {
      const folder = await makeCopyFolder(tools, info);
      const copied = await copyContent(tools, info, folder, source, options);
      const after = await source.stat({ bigint: true });
      unchangedRule.check({
        path: sourcePath,
        sizeBytes,
        readBytes: copied.sizeBytes,
        isSameFile: after.size === before.size && after.mtimeNs === before.mtimeNs,
      });
      return describe(info, folder, copied);
    } catch (error) {
      await removeFolder(uploadFolder(tools.desk.spoolPath, info.id)).catch(() => undefined);
      release();
      throw asSpoolFailure(error, `the copy of ${sourcePath}`);
    }
  } finally {
    await source.close();
  }
}

function describe(info: UploadInfo, folder: string, copied: CopyResult): SpooledFile {
  const { id, createdAt, wish } = info;
  return { id, path: dataPath(folder, 1), ...copied, createdAt, wish };
}

/** Looks before it opens: opening a pipe or a device may wait for ever, or do something. Links are followed. */
async function openSource(path: string): Promise<FileHandle> {
  let found: Stats;
  try {
    found = await stat(path);
    if (!found.isFile()) throw notRegular(path);
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
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

async function copyContent(
  tools: SpoolTools,
  info: UploadInfo,
  folder: string,
  source: FileHandle,
  options: CopyInOptions,
): Promise<CopyResult> {
  const opened: FileHandle[] = [];
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const callOff = () => void Atomics.store(stop, 0, 1);
  options.signal?.addEventListener('abort', callOff, { once: true });
  const writeBack = new WriteBack(tools);
  try {
    if (options.signal?.aborted === true) callOff();
    const openPart = async (path: string, flags: string): Promise<FileHandle> => {
      const part = await open(path, flags, 0o600);
      opened.push(part);
      return part;
    };
    const data = await openPart(dataPath(folder, 1), 'wx');
    const request = { source: source.fd, target: data.fd, lengthBytes: null, stop };
    const copied = await tools.hands.copy(request, (bytesDone) => {
      options.onProgress?.(bytesDone);
      writeBack.begin(data.fd, bytesDone);
    });
    options.onProgress?.(copied.sizeBytes);
    const journal = await openPart(journalPath(folder, 1), 'r+');
    const record = {
      offsetBytes: 0,
      lengthBytes: copied.sizeBytes,
      sha256: Buffer.from(copied.checksum, 'hex'),
      covers: 'all',
      receivedAtMs: tools.desk.clock.nowMs(),
    } as const;
    await tools.disk.write(journal.fd, [encodeRecord(info.id, record)], journalPosition(0));
    await writeBack.settle();
    const infoFile = await openPart(join(folder, COPY_INFO_NAME), 'r+');
    await tools.sync.sync(data.fd, journal.fd, infoFile.fd);
    return copied;
  } finally {
    options.signal?.removeEventListener('abort', callOff);
    await writeBack.settle().catch(() => undefined);
    for (const file of opened) await file.close();
  }
}

class WriteBack {
  readonly #tools: SpoolTools;
  #begunBytes = 0;
  #underWay: Promise<void> | null = null;

  constructor(tools: SpoolTools) {
    this.#tools = tools;
  }

  begin(descriptor: number, bytesDone: number): void {
    if (bytesDone - this.#begunBytes < WRITE_BACK_BYTES || this.#underWay !== null) return;
    this.#begunBytes = bytesDone;
    const syncing = this.#tools.sync.sync(descriptor);
    this.#underWay = syncing;
    // A failure stays, so that this descriptor is not synced again and settle() tells of it.
    syncing.then(
      () => (this.#underWay = null),
      () => undefined,
    );
  }

  async settle(): Promise<void> {
    await this.#underWay;
  }
}
