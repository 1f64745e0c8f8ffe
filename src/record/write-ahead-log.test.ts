import { cp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { chunkOf, makeSpoolDesk, type SpoolDesk, seededBytes, wishFor } from '../../test/spool-desk.ts';
import { type Disk, systemDisk } from './disk.ts';
import { SLOT_BYTES } from './journal-format.ts';
import { decodeHead, HEAD_BYTES } from './log-format.ts';
import { openUploads } from './open-uploads.ts';
import type { UploadSpool, UploadsDesk } from './uploads-desk.ts';

const opened: { desk: SpoolDesk; uploads: UploadSpool }[] = [];
const bytes = seededBytes(400_000, 31);

afterEach(async () => {
  for (const { desk, uploads } of opened.splice(0)) {
    await uploads.close();
    await desk.remove();
  }
});

async function start(desk: SpoolDesk, overrides: Partial<UploadsDesk> = {}): Promise<UploadSpool> {
  const uploads = await openUploads({ ...desk, ...overrides });
  opened.push({ desk, uploads });
  return uploads;
}

/** The spool as a crash leaves it, in a place of its own, for another process to open. */
async function crash(desk: SpoolDesk): Promise<SpoolDesk> {
  const after = await makeSpoolDesk();
  await cp(desk.spoolPath, after.spoolPath, { recursive: true });
  return after;
}

async function logsOf(desk: SpoolDesk): Promise<string[]> {
  return (await readdir(desk.spoolPath)).filter((name) => name.startsWith('log-')).sort();
}

async function appendPieces(uploads: UploadSpool, id: string, from: number, to: number, size = 1000) {
  for (let at = from; at < to; at += size)
    await uploads.append(id, chunkOf(at, bytes.subarray(at, Math.min(to, at + size))));
}

/** Takes away what no sync had made safe: the power cut that loses most. */
async function loseUnsynced(desk: SpoolDesk, id: string): Promise<void> {
  for (const [name, keptBytes] of [
    ['data', 0],
    ['journal', SLOT_BYTES],
  ] as const) {
    const file = await open(join(desk.spoolPath, id, name), 'r+');
    await file.truncate(keptBytes);
    await file.close();
  }
}

describe('what only the write-ahead log has after a power cut', () => {
  it('is there again, for many uploads, and the logs are gone', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await uploads.create(wishFor(), null)).id),
    );
    await Promise.all(ids.map((id, index) => appendPieces(uploads, id, 0, 100_000 + index * 1000)));
    const after = await crash(desk);
    for (const id of ids) await loseUnsynced(after, id);
    const again = await start(after);
    for (const [index, id] of ids.entries())
      expect((await again.head(id)).offsetBytes).toBe(100_000 + index * 1000);
    const first = ids[0] ?? '';
    const data = await readFile(join(after.spoolPath, first, 'data'));
    expect(data.equals(bytes.subarray(0, 100_000))).toBe(true);
    expect(await logsOf(after)).toEqual([]);
    expect(after.notes.filter(({ message }) => message.includes('came back'))).toHaveLength(1);
    await appendPieces(again, first, 100_000, 300_000, 20_000);
    const end = chunkOf(300_000, bytes.subarray(300_000), { lengthBytes: bytes.length });
    expect((await again.append(first, end)).receipt?.sizeBytes).toBe(bytes.length);
    expect((await after.libraryFile(first)).equals(bytes)).toBe(true);
  });

  it('may be played back again and again, also after the upload went on', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const { id } = await uploads.create(wishFor(), null);
    await appendPieces(uploads, id, 0, 50_000);
    const after = await crash(desk);
    const log = await readFile(join(after.spoolPath, 'log-1'));
    const again = await start(after);
    await again.head(id);
    await appendPieces(again, id, 50_000, 90_000);
    await again.close();
    const late = await crash(after);
    await (await open(join(late.spoolPath, 'log-1'), 'w')).writeFile(log);
    const last = await start(late);
    expect((await last.head(id)).offsetBytes).toBe(90_000);
    expect((await readFile(join(late.spoolPath, id, 'data'))).equals(bytes.subarray(0, 90_000))).toBe(true);
  });

  it('ends where the last group was torn, at every byte', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const { id } = await uploads.create(wishFor(), null);
    await appendPieces(uploads, id, 0, 300, 100);
    const lengths = [0, 1, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 99];
    for (const tornBytes of lengths) {
      const after = await crash(desk);
      await loseUnsynced(after, id);
      const log = await open(join(after.spoolPath, 'log-1'), 'r+');
      await log.truncate(2 * (HEAD_BYTES + 100) + tornBytes);
      await log.close();
      const again = await start(after);
      expect((await again.head(id)).offsetBytes).toBe(200);
    }
  });

  it('is not mixed with what the same file held in an earlier use', async () => {
    /** Begins an upload after a pause, in which the log of the one before may have become free. */
    const begin = async (pauseMs: number) => {
      const desk = await makeSpoolDesk();
      const uploads = await start(desk, {
        tuning: { logAfterMs: 20, settleAfterMs: 20, patienceMs: 25_000 },
      });
      const former = await uploads.create(wishFor(), null);
      await appendPieces(uploads, former.id, 0, 10_000, 10_000);
      await until(
        async () =>
          (await readFile(join(desk.spoolPath, former.id, 'journal'))).readUInt8(SLOT_BYTES * 2 - 4) > 0,
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const { id } = await uploads.create(wishFor(), null);
      await uploads.append(id, chunkOf(0, bytes.subarray(0, 100)));
      return { desk, former, id };
    };
    let begun = await begin(200);
    for (let pauseMs = 400; (await logsOf(begun.desk)).length > 1 && pauseMs < 60_000; pauseMs *= 2)
      begun = await begin(pauseMs);
    const { desk, former, id } = begun;
    expect(await logsOf(desk)).toEqual(['log-1']);
    const log = await readFile(join(desk.spoolPath, 'log-1'));
    expect(log.length).toBe(HEAD_BYTES + 10_000);
    expect(decodeHead(log.subarray(0, HEAD_BYTES))?.id).toBe(id);
    const after = await crash(desk);
    await loseUnsynced(after, id);
    const again = await start(after);
    expect((await again.head(id)).offsetBytes).toBe(100);
    expect((await again.head(former.id)).offsetBytes).toBe(10_000);
  });

  it('of an upload that is no longer there concerns nobody', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const { id } = await uploads.create(wishFor(), null);
    const other = await uploads.create(wishFor(), null);
    await appendPieces(uploads, id, 0, 5000);
    await appendPieces(uploads, other.id, 0, 5000);
    const after = await crash(desk);
    await rm(join(after.spoolPath, id), { recursive: true });
    // A placing took the data away and was cut off before it was entered.
    await rm(join(after.spoolPath, other.id, 'data'));
    const again = await start(after);
    await (await again.recover()).done;
    expect(await readdir(after.spoolPath)).toEqual([other.id]);
    expect(await readdir(join(after.spoolPath, other.id))).not.toContain('data');
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A real disk on which syncs of chosen files fail. */
class DyingDisk implements Disk {
  failing: (path: string) => boolean = () => false;
  failedSyncs = 0;
  readonly write = systemDisk.write;
  async sync(descriptor: number): Promise<void> {
    const { readlinkSync } = await import('node:fs');
    if (this.failing(readlinkSync(`/proc/self/fd/${descriptor}`))) {
      this.failedSyncs++;
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    }
    await systemDisk.sync(descriptor);
  }
}

describe.skipIf(process.platform !== 'linux')('on a disk that fails', () => {
  it('a log that cannot be synced is replaced by the syncs of the uploads themselves', async () => {
    const desk = await makeSpoolDesk();
    const disk = new DyingDisk();
    const uploads = await start(desk, { disk });
    const { id } = await uploads.create(wishFor(), null);
    await appendPieces(uploads, id, 0, 2000);
    disk.failing = (path) => path.includes('/log-');
    await appendPieces(uploads, id, 2000, 5000);
    expect(disk.failedSyncs).toBe(1);
    const after = await crash(desk);
    await Promise.all((await logsOf(after)).map((name) => rm(join(after.spoolPath, name))));
    expect((await (await start(after)).head(id)).offsetBytes).toBe(5000);
  });

  it('an upload whose own files cannot be synced goes on in new ones, with what the log had', async () => {
    const desk = await makeSpoolDesk();
    const disk = new DyingDisk();
    const tuning = { logAfterMs: 50, settleAfterMs: 10, patienceMs: 25_000 };
    const uploads = await start(desk, { disk, tuning });
    const { id } = await uploads.create(wishFor(), null);
    disk.failing = (path) => path.endsWith(`${id}/data`);
    await appendPieces(uploads, id, 0, 3000);
    await until(async () => disk.failedSyncs > 0);
    expect(await logsOf(desk)).toContain('log-1');
    const end = chunkOf(3000, bytes.subarray(3000, 4000), { lengthBytes: 4000 });
    const state = await uploads.append(id, end);
    expect(state.receipt?.sizeBytes).toBe(4000);
    expect(desk.placed[0]?.path).toBe(join(desk.spoolPath, id, 'data-2'));
    expect((await desk.libraryFile(id)).equals(bytes.subarray(0, 4000))).toBe(true);
    expect(disk.failedSyncs).toBe(1);
  });

  it('an upload is not placed when its own data cannot be synced, but when it can again', async () => {
    const desk = await makeSpoolDesk();
    const disk = new DyingDisk();
    const uploads = await start(desk, { disk });
    const { id } = await uploads.create(wishFor(), 2000);
    disk.failing = (path) => path.endsWith(`${id}/data`);
    const failed = uploads.append(id, chunkOf(0, bytes.subarray(0, 2000)));
    await expect(failed).rejects.toEqual(expect.objectContaining({ code: 'storage-failed' }));
    expect(desk.placed).toEqual([]);
    const state = await uploads.append(id, chunkOf(2000, Buffer.alloc(0)));
    expect(state.receipt?.sizeBytes).toBe(2000);
    expect((await desk.libraryFile(id)).equals(bytes.subarray(0, 2000))).toBe(true);
  });
});
