import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Clock } from '../src/model/clock.ts';
import { systemClock } from '../src/model/clock.ts';
import { isId, type RecordingId } from '../src/model/id.ts';
import { NOTHING_SAID, type SpooledFile, type UploadReceipt, type UploadWish } from '../src/model/upload.ts';
import type { UploadsDesk } from '../src/record/uploads-desk.ts';
import type { UploadChunk } from '../src/voice-recorder.ts';

/**
 * A small library for tests of the spool alone: it places files by link and unlink and keeps receipts on disk, so
 * that it survives restarts as the real one does.
 */
export interface SpoolDesk extends UploadsDesk {
  readonly root: string;
  /** In the order of their coming. */
  readonly placed: SpooledFile[];
  readonly notes: { level: string; message: string }[];
  libraryFile(id: RecordingId): Promise<Buffer>;
  remove(): Promise<void>;
}

export async function makeSpoolDesk(overrides: Partial<UploadsDesk> = {}, root?: string): Promise<SpoolDesk> {
  const home = root ?? (await mkdtemp(join(tmpdir(), 'vrp-spool-')));
  const library = join(home, 'library');
  await mkdir(library, { recursive: true });
  const placed: SpooledFile[] = [];
  const notes: { level: string; message: string }[] = [];
  const receiptPath = (id: RecordingId) => join(library, `${id}.receipt`);

  async function findReceipt(id: RecordingId): Promise<UploadReceipt | undefined> {
    try {
      return JSON.parse(await readFile(receiptPath(id), 'utf8')) as UploadReceipt;
    } catch {
      return undefined;
    }
  }

  async function complete(spooled: SpooledFile): Promise<UploadReceipt> {
    const known = await findReceipt(spooled.id);
    if (known !== undefined) return known;
    placed.push(spooled);
    await link(spooled.path, join(library, spooled.id));
    await unlink(spooled.path);
    return await writeReceipt(spooled.id, spooled.checksum, spooled.sizeBytes);
  }

  async function writeReceipt(id: RecordingId, checksum: string, sizeBytes: number): Promise<UploadReceipt> {
    const completedAt = new Date().toISOString();
    const receipt = { uploadId: id, recordingId: id, checksum, sizeBytes, isDuplicate: false, completedAt };
    await writeFile(`${receiptPath(id)}.new`, JSON.stringify(receipt));
    await rename(`${receiptPath(id)}.new`, receiptPath(id));
    return receipt;
  }

  /** As ingest does at a start: what is in the library but not in the catalogue is entered there. */
  async function finishPlacings(): Promise<void> {
    for (const id of (await readdir(library)).filter(isId)) {
      if ((await findReceipt(id)) !== undefined) continue;
      const bytes = await readFile(join(library, id));
      await writeReceipt(id, createHash('sha256').update(bytes).digest('hex'), bytes.length);
    }
  }
  await finishPlacings();

  return {
    root: home,
    placed,
    notes,
    spoolPath: join(home, 'spool'),
    clock: systemClock,
    maxFileBytes: null,
    complete,
    findReceipt,
    adoptRecovered: complete,
    freeBytes: async () => 1e12,
    // A loaded machine takes its time to start a thread.
    tuning: { patienceMs: 25_000 },
    log: (level, message) => void notes.push({ level, message }),
    ...overrides,
    libraryFile: (id) => readFile(join(library, id)),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** A clock that only moves when told to. */
export class StillClock implements Clock {
  wallMs = Date.UTC(2026, 10, 22, 21, 32, 5);
  steadyMs = 0;
  nowMs(): number {
    return this.wallMs;
  }
  monotonicMs(): number {
    return this.steadyMs;
  }
  pass(ms: number): void {
    this.wallMs += ms;
    this.steadyMs += ms;
  }
}

export function wishFor(change: Partial<UploadWish> = {}): UploadWish {
  return {
    ...NOTHING_SAID,
    kind: 'take',
    filename: 'take.ogg',
    ...change,
  };
}

export function chunkOf(
  offsetBytes: number,
  bytes: Uint8Array,
  change: Partial<UploadChunk> = {},
): UploadChunk {
  return {
    offsetBytes,
    body: Readable.from(bytes.length === 0 ? [] : [Buffer.from(bytes)]),
    checksum: null,
    contentLengthBytes: bytes.length,
    lengthBytes: null,
    ...change,
  };
}

/** Bytes that differ everywhere and are the same for the same seed. */
export function seededBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let at = 0; at < length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    if (at + 4 <= length) bytes.writeUInt32LE(state, at);
    else for (let rest = at; rest < length; rest++) bytes[rest] = state >>> ((rest - at) * 8);
  }
  return bytes;
}

/** What lies in the spool besides its write-ahead log. */
export async function uploadsUnder(spoolPath: string): Promise<string[]> {
  return (await namesUnder(spoolPath)).filter((name) => !name.startsWith('log-'));
}

export async function namesUnder(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort();
}
