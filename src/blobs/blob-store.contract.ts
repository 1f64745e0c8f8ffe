import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureCodeOf } from '../model/failure.ts';
import type { BlobStore } from './blob-store.ts';

/** A store to be tried out, and a folder from which files are placed. */
export interface StoreUnderTest {
  readonly blobs: BlobStore;
  readonly sourceFolder: string;
  /** Changes stored bytes behind the store's back, as a bad disk would. */
  damage(key: string): Promise<void>;
  dispose(): Promise<void>;
}

const KEY = 'raw/2026/11/20261122T213205Z-0192a000-0000-7000-8000-000000000001.ogg';
const SIDECAR = KEY.replace('.ogg', '.json');

/** What every store of bytes promises, whatever it is made of. */
export function describeBlobStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name}, as a store of bytes`, () => {
    let store: StoreUnderTest;
    let count = 0;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.dispose());

    async function source(content: string | Buffer) {
      const path = join(store.sourceFolder, `source-${count++}`);
      await writeFile(path, content, { mode: 0o600 });
      return { path, expected: expectedOf(content) };
    }

    async function placed(content: string | Buffer, key = KEY): Promise<void> {
      const { path, expected } = await source(content);
      await store.blobs.place(key, path, expected);
    }

    const content = async (key = KEY) => (await buffer(await store.blobs.read(key))).toString();

    it('takes a file over: its bytes are under the key and the source is gone', async () => {
      const { path, expected } = await source('take one');
      await store.blobs.place(KEY, path, expected);
      expect(await content()).toBe('take one');
      expect(await store.blobs.stat(KEY)).toEqual({ sizeBytes: 8 });
      expect(await store.blobs.checksum(KEY)).toEqual(expected);
      await expect(stat(path)).rejects.toThrow('ENOENT');
    });

    it('places the same bytes again without harm, from a further copy or from none', async () => {
      const first = await source('same');
      await store.blobs.place(KEY, first.path, first.expected);
      await store.blobs.place(KEY, first.path, first.expected);
      const second = await source('same');
      await store.blobs.place(KEY, second.path, second.expected);
      await expect(stat(second.path)).rejects.toThrow('ENOENT');
      expect(await content()).toBe('same');
    });

    it('never overwrites: other bytes are refused and their source stays', async () => {
      await placed('original');
      const other = await source('imposter');
      expect(await codeOf(store.blobs.place(KEY, other.path, other.expected))).toBe('blob-exists');
      expect(await content()).toBe('original');
      expect(await readFile(other.path, 'utf8')).toBe('imposter');
    });

    it('lets one of two different files placed at once win, whole', async () => {
      const rivals = [await source('a'.repeat(100_000)), await source('b'.repeat(100_000))];
      const results = await Promise.allSettled(
        rivals.map((rival) => store.blobs.place(KEY, rival.path, rival.expected)),
      );
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
      const winner = rivals[results.findIndex((result) => result.status === 'fulfilled')]!;
      expect((await store.blobs.checksum(KEY)).checksum).toBe(winner.expected.checksum);
    });

    it('refuses a source that is not what was expected', async () => {
      const { path, expected } = await source('short');
      const wrong = { ...expected, sizeBytes: 99 };
      expect(await codeOf(store.blobs.place(KEY, path, wrong))).toBe('digest-mismatch');
      expect(await store.blobs.stat(KEY)).toBeUndefined();
      expect(await readFile(path, 'utf8')).toBe('short');
    });

    it('says so when there is neither a source nor stored bytes', async () => {
      const missing = join(store.sourceFolder, 'nowhere');
      expect(await codeOf(store.blobs.place(KEY, missing, expectedOf('x')))).toBe('file-missing');
    });

    it('reads ranges with an exclusive end', async () => {
      await placed('0123456789');
      const range = async (start: number, end: number) =>
        (await buffer(await store.blobs.read(KEY, { start, end }))).toString();
      expect(await range(0, 3)).toBe('012');
      expect(await range(9, 10)).toBe('9');
      expect(await range(4, 4)).toBe('');
      expect(await range(8, 100)).toBe('89');
      expect(await codeOf(range(5, 4))).toBe('range-invalid');
    });

    it('hashes what lies there now, not what once came', async () => {
      await placed('precious');
      await store.damage(KEY);
      expect((await store.blobs.checksum(KEY)).checksum).not.toBe(expectedOf('precious').checksum);
    });

    it('puts a document beside the bytes in the same act', async () => {
      const { path, expected } = await source('audio');
      await store.blobs.place(KEY, path, expected, { key: SIDECAR, content: '{"a":1}\n' });
      expect([await content(), await content(SIDECAR)]).toEqual(['audio', '{"a":1}\n']);
      await store.blobs.place(KEY, path, expected, { key: SIDECAR, content: '{"a":2}\n' });
      expect(await content(SIDECAR)).toBe('{"a":2}\n');
      const elsewhere = { key: 'raw/1999/01/a.json', content: '{}' };
      expect(await codeOf(store.blobs.place(KEY, path, expected, elsewhere))).toBe('invalid-input');
    });

    it('answers for missing bytes', async () => {
      expect(await store.blobs.stat(KEY)).toBeUndefined();
      expect(await codeOf(store.blobs.read(KEY))).toBe('blob-missing');
      expect(await codeOf(store.blobs.checksum(KEY))).toBe('blob-missing');
      expect(await codeOf(store.blobs.quarantine(KEY, 'gone'))).toBe('blob-missing');
    });

    it('replaces documents as a whole', async () => {
      await store.blobs.putDocument(SIDECAR, '{"long": "first one"}\n');
      await store.blobs.putDocument(SIDECAR, '{}\n');
      expect(await content(SIDECAR)).toBe('{}\n');
      await Promise.all(
        ['{"a":1}\n', '{"b":2}\n'].map((document) => store.blobs.putDocument(SIDECAR, document)),
      );
      expect(['{"a":1}\n', '{"b":2}\n']).toContain(await content(SIDECAR));
    });

    it('takes documents back, and nothing but documents', async () => {
      await store.blobs.putDocument(SIDECAR, '{}\n');
      await store.blobs.removeDocument(SIDECAR);
      await store.blobs.removeDocument(SIDECAR);
      expect(await store.blobs.stat(SIDECAR)).toBeUndefined();
      await placed('audio');
      expect(await codeOf(store.blobs.removeDocument(KEY))).toBe('invalid-input');
      expect(await content()).toBe('audio');
    });

    it('moves bytes to quarantine, each to a place of its own, with a note', async () => {
      await placed('first');
      const one = await store.blobs.quarantine(KEY, 'It was damaged.');
      await placed('second');
      const two = await store.blobs.quarantine(KEY, 'It was damaged again.');
      expect(await store.blobs.stat(KEY)).toBeUndefined();
      expect([one, two].every((key) => key.startsWith('quarantine/raw/2026/11/'))).toBe(true);
      expect([await content(one), await content(two)]).toEqual(['first', 'second']);
      expect(JSON.parse(await content(`${one}.note.json`))).toMatchObject({
        from: KEY,
        reason: 'It was damaged.',
      });
    });

    it.each([
      '',
      'raw',
      'raw/',
      '/raw/x',
      'raw//x',
      'raw/../x',
      '../raw/x',
      'raw/./x',
      'spool/x',
      'catalogue.sqlite',
      'RAW/x',
      'raw/a\0b',
      'raw/a\\b',
      'raw/a\nb',
      'raw/\ud800',
      `raw/${'x'.repeat(240)}`,
    ])('refuses the key %j in every act', async (key) => {
      const { path, expected } = await source('x');
      const acts = [
        () => store.blobs.place(key, path, expected),
        () => store.blobs.putDocument(key, '{}'),
        () => store.blobs.stat(key),
        () => store.blobs.read(key),
        () => store.blobs.checksum(key),
        () => store.blobs.quarantine(key, ''),
      ];
      const codes = await Promise.all(acts.map((act) => codeOf(act())));
      expect(codes).toEqual(acts.map(() => 'invalid-input'));
    });
  });
}

function expectedOf(content: string | Buffer) {
  return {
    checksum: createHash('sha256').update(content).digest('hex'),
    sizeBytes: Buffer.byteLength(content),
  };
}

async function codeOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return failureCodeOf(error) ?? `not ours: ${String(error)}`;
  }
}
