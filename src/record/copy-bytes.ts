import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { giveBackBuffer, lendAlignedBuffer } from '../durable/aligned-buffer.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { CopyListener } from './copy-listener.ts';
import type { DirectWriter } from './direct-writer.ts';
import { systemDisk } from './disk.ts';

export interface CopyRequest {
  /** Open descriptors, owned by who asked. All threads of a process share them. */
  readonly source: number;
  readonly target: number;
  /** Copies so many bytes; null: until the end of the source. */
  readonly lengthBytes: number | null;
  /** Becomes 1 when nobody wants the copy any more. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** A request with what cannot leave a thread. */
interface ThreadCopy extends CopyRequest {
  readonly listener?: CopyListener | undefined;
  /** Of the target: what it takes is not written through `target`. */
  readonly direct?: DirectWriter | undefined;
}

export interface CopyResult {
  readonly sizeBytes: number;
  readonly checksum: string;
}

/**
 * Stays in the cache of a core from reading to writing. Longer writes into the page cache cost three times as much, because
 * Linux takes larger pieces of memory for them (measured with 512 KiB and more on ext4).
 */
const CACHED_PIECE_BYTES = 256 * 1024;
/** Past the page cache each write waits for the disk, so there are fewer of them; larger ones gain nothing more. */
const DIRECT_PIECE_BYTES = 512 * 1024;
const PROGRESS_BYTES = 8 * 1024 * 1024;
/** Write-back is begun every so many bytes, so that the last sync has little left to do. */
const WRITE_BACK_BYTES = 64 * 1024 * 1024;
const write = promisify(fs.write);

/**
 * Copies and hashes the very same bytes. While one buffer is being written by a thread of libuv, the other is read
 * into and hashed here, so that hashing and writing take two cores. Runs in a worker thread.
 */
export async function copyBytes(
  request: ThreadCopy,
  onProgress: (bytesDone: number) => void,
): Promise<CopyResult> {
  const { source, target } = request;
  const endBytes = request.lengthBytes ?? Number.POSITIVE_INFINITY;
  const hash = createHash('sha256');
  const pieceBytes = pieceBytesOf(request);
  const buffers = [lendAlignedBuffer(pieceBytes), lendAlignedBuffer(pieceBytes)] as const;
  const writeBack = new WriteBack(target);
  let writing: Promise<void> | null = null;
  let sizeBytes = 0;
  let toldBytes = 0;
  try {
    for (let turn: 0 | 1 = 0; sizeBytes < endBytes; turn = turn === 0 ? 1 : 0) {
      requireWanted(request);
      const wanted = Math.min(pieceBytes, endBytes - sizeBytes);
      const count = fs.readSync(source, buffers[turn], 0, wanted, sizeBytes);
      if (count === 0) break;
      const piece = buffers[turn].subarray(0, count);
      hash.update(piece);
      request.listener?.hear(piece, sizeBytes);
      if (writing !== null) await writing;
      writeBack.begin(sizeBytes);
      writing = writeWhole(request, piece, sizeBytes);
      // Looked at again only after the next piece was hashed; a failure must not count as unheard until then.
      writing.catch(() => undefined);
      sizeBytes += count;
      if (sizeBytes - toldBytes >= PROGRESS_BYTES) {
        toldBytes = sizeBytes;
        onProgress(sizeBytes);
      }
    }
  } finally {
    // The caller closes the descriptors, so nothing may be under way after this.
    if (writing !== null) await writing.catch(() => undefined);
    await writeBack.settle().catch(() => undefined);
    for (const buffer of buffers) giveBackBuffer(buffer);
  }
  if (writing !== null) await writing;
  await writeBack.settle();
  return { sizeBytes, checksum: hash.digest('hex') };
}

/** The same without a second thread. Blocks: for short files, in a worker thread. */
export function copyBytesNow(request: ThreadCopy): CopyResult {
  const { source, target } = request;
  const endBytes = request.lengthBytes ?? Number.POSITIVE_INFINITY;
  const hash = createHash('sha256');
  const pieceBytes = pieceBytesOf(request);
  const buffer = lendAlignedBuffer(pieceBytes);
  let sizeBytes = 0;
  try {
    while (sizeBytes < endBytes) {
      requireWanted(request);
      const wanted = Math.min(pieceBytes, endBytes - sizeBytes);
      const count = fs.readSync(source, buffer, 0, wanted, sizeBytes);
      if (count === 0) break;
      const piece = buffer.subarray(0, count);
      hash.update(piece);
      request.listener?.hear(piece, sizeBytes);
      for (let done = request.direct?.takeNow(piece, sizeBytes) ?? 0; done < count; )
        done += fs.writeSync(target, piece, done, count - done, sizeBytes + done);
      sizeBytes += count;
    }
  } finally {
    giveBackBuffer(buffer);
  }
  return { sizeBytes, checksum: hash.digest('hex') };
}

function pieceBytesOf({ direct }: ThreadCopy): number {
  return direct === undefined ? CACHED_PIECE_BYTES : DIRECT_PIECE_BYTES;
}

function requireWanted({ stop }: CopyRequest): void {
  if (Atomics.load(stop, 0) !== 0) throw new VoiceRecorderError('interrupted', 'The copy was called off.');
}

async function writeWhole({ target, direct }: ThreadCopy, piece: Buffer, position: number): Promise<void> {
  let done = (await direct?.take(piece, position)) ?? 0;
  while (done < piece.length) {
    const { bytesWritten } = await write(target, piece, done, piece.length - done, position + done);
    done += bytesWritten;
  }
}

/** Syncs of a long copy while it goes on. */
class WriteBack {
  readonly #descriptor: number;
  #begunBytes = 0;
  #underWay: Promise<void> | null = null;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  begin(bytesDone: number): void {
    if (bytesDone - this.#begunBytes < WRITE_BACK_BYTES || this.#underWay !== null) return;
    this.#begunBytes = bytesDone;
    const syncing = systemDisk.sync(this.#descriptor);
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
