import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../test/sha256.ts';
import { chunkOf, makeSpoolDesk, type SpoolDesk, seededBytes, wishFor } from '../../test/spool-desk.ts';
import { type Disk, systemDisk } from './disk.ts';
import { decodeJournal, SLOT_BYTES } from './journal-format.ts';
import { openUploads } from './open-uploads.ts';
import type { UploadSpool, UploadsDesk } from './uploads-desk.ts';

const opened: { desk: SpoolDesk; uploads: UploadSpool }[] = [];
const bytes = seededBytes(6_000_000, 21);
// Records of half a megabyte, so that a few megabytes make many.
const tuning = { journalBytes: 500_000, writeBytes: 100_000 };

afterEach(async () => {
  for (const { desk, uploads } of opened.splice(0)) {
    await uploads.close();
    await desk.remove();
  }
});

async function start(desk: SpoolDesk, overrides: Partial<UploadsDesk> = {}): Promise<UploadSpool> {
  const uploads = await openUploads({ ...desk, tuning, ...overrides });
  opened.push({ desk, uploads });
  await (await uploads.recover()).done;
  return uploads;
}

function long(from: number, to = bytes.length, isCut = false) {
  async function* pieces() {
    for (let at = from; at < to; at += 64_000) yield bytes.subarray(at, Math.min(to, at + 64_000));
    if (isCut) throw new Error('the socket is gone');
  }
  return chunkOf(from, Buffer.alloc(0), {
    body: Readable.from(pieces()),
    contentLengthBytes: bytes.length - from,
  });
}

async function journalOf(desk: SpoolDesk, id: string) {
  return decodeJournal(await readFile(join(desk.spoolPath, id, 'journal')), id).records;
}

describe('a long body without checksum', () => {
  it('is journalled with the checksum of everything up to each record', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, long(0));
    const records = await journalOf(desk, id);
    expect(records.length).toBeGreaterThan(5);
    for (const { covers, offsetBytes, lengthBytes, sha256: found } of records) {
      expect(covers).toBe('all');
      expect(found.toString('hex')).toBe(sha256(bytes.subarray(0, offsetBytes + lengthBytes)));
    }
    const state = await uploads.append(
      id,
      chunkOf(bytes.length, Buffer.alloc(0), { lengthBytes: bytes.length }),
    );
    expect(state.receipt?.checksum).toBe(sha256(bytes));
  });

  it('leaves the buffers of a caller of the library as they are', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const { id } = await uploads.create(wishFor(), null);
    const own = Array.from({ length: 20 }, (_, index) => Buffer.from(new ArrayBuffer(50_000)).fill(index));
    const body = Readable.from(own);
    await uploads.append(id, chunkOf(0, Buffer.alloc(0), { body, contentLengthBytes: 1_000_000 }));
    expect(own.map((buffer) => [buffer.length, buffer[0]])).toEqual(own.map((_, index) => [50_000, index]));
  });

  it('that is cut goes on after a restart, with the records of both kinds side by side', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const { id } = await uploads.create(wishFor(), bytes.length);
    await expect(uploads.append(id, long(0, 2_300_000, true))).rejects.toThrow(/cut off/);
    await uploads.close();
    const again = await start(desk);
    const { offsetBytes } = await again.head(id);
    expect(offsetBytes).toBe(2_300_000);
    await again.append(id, chunkOf(offsetBytes, bytes.subarray(offsetBytes, offsetBytes + 1000)));
    await expect(again.append(id, long(offsetBytes + 1000, 4_000_000, true))).rejects.toThrow(/cut off/);
    expect(new Set((await journalOf(desk, id)).map(({ covers }) => covers))).toEqual(
      new Set(['piece', 'all']),
    );
    await again.close();
    const last = await start(desk);
    expect((await last.head(id)).offsetBytes).toBe(4_000_000);
    expect((await last.append(id, long(4_000_000))).receipt?.checksum).toBe(sha256(bytes));
    expect((await desk.libraryFile(id)).equals(bytes)).toBe(true);
  });

  it('counts, after a crash, up to the record before the first damaged byte', async () => {
    const desk = await makeSpoolDesk();
    const uploads = await start(desk);
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, long(0));
    const sound = (await journalOf(desk, id)).findLast(
      ({ offsetBytes, lengthBytes }) => offsetBytes + lengthBytes <= 1_700_000,
    );
    await uploads.close();
    const data = await open(join(desk.spoolPath, id, 'data'), 'r+');
    await data.write(Buffer.from([(bytes[1_700_000] ?? 0) ^ 1]), 0, 1, 1_700_000);
    await data.close();
    const again = await start(desk);
    const { offsetBytes } = await again.head(id);
    expect(offsetBytes).toBe((sound?.offsetBytes ?? 0) + (sound?.lengthBytes ?? 0));
    expect(offsetBytes).toBeGreaterThan(1_000_000);
  });

  it.each(['write', 'sync'])(
    'may be followed by other bytes than those that a failed %s lost',
    async (act) => {
      const desk = await makeSpoolDesk();
      // The sixth write to the journal, or a sync about then, fails: bytes behind the safe ones have been hashed.
      let journalWrites = 0;
      let hasFailed = false;
      const fail = (): Promise<void> => {
        hasFailed = true;
        return Promise.reject(new Error('a bad block'));
      };
      const disk: Disk = {
        write(descriptor, pieces, position) {
          const isRecord = pieces[0]?.length === SLOT_BYTES;
          if (isRecord) journalWrites++;
          if (act === 'write' && isRecord && journalWrites === 6) return fail();
          return systemDisk.write(descriptor, pieces, position);
        },
        sync: (descriptor) =>
          act === 'sync' && journalWrites === 6 && !hasFailed ? fail() : systemDisk.sync(descriptor),
      };
      const uploads = await start(desk, { disk });
      const { id } = await uploads.create(wishFor(), null);
      await expect(uploads.append(id, long(0))).rejects.toThrow();
      const { offsetBytes } = await uploads.head(id);
      expect(offsetBytes).toBeGreaterThan(0);
      expect(offsetBytes).toBeLessThan(bytes.length);
      const other = seededBytes(3_000_000, 22);
      const rest = chunkOf(offsetBytes, other, { lengthBytes: offsetBytes + other.length });
      const state = await uploads.append(id, rest);
      const all = Buffer.concat([bytes.subarray(0, offsetBytes), other]);
      expect(state.receipt?.checksum).toBe(sha256(all));
      expect((await desk.libraryFile(id)).equals(all)).toBe(true);
    },
  );
});
