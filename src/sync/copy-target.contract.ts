import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureCodeOf } from '../model/failure.ts';
import type { CopyTarget, FarObject, Shipment } from './copy-target.ts';

export interface TargetUnderTest {
  readonly target: CopyTarget;
  /** Another one for the same place. */
  reopen(): Promise<CopyTarget>;
  dispose(): Promise<void>;
}

const KEY = 'raw/2026/11/20261122T213205Z-0192a000-0000-7000-8000-000000000001.ogg';
const MIB = 1024 * 1024;
/** More than goes in one request. */
const LONG_BYTES = 21 * MIB + 12_345;

/** What every place for copies promises, whatever it is made of. */
export function describeCopyTarget(name: string, open: () => Promise<TargetUnderTest>): void {
  describe(`${name}, as a place for copies`, () => {
    let folder = '';
    let under: TargetUnderTest;
    let target: CopyTarget;
    let count = 0;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'vrp-target-'));
      under = await open();
      target = under.target;
    });
    afterEach(async () => {
      await target.close();
      await under.dispose();
      await rm(folder, { recursive: true });
    });

    async function shipment(content: string | Buffer, key = KEY): Promise<Shipment> {
      const path = join(folder, `local-${count++}`);
      await writeFile(path, content);
      const checksum = createHash('sha256').update(content).digest('hex');
      return { key, path, checksum, sizeBytes: Buffer.byteLength(content) };
    }

    async function sent(content: string | Buffer, key = KEY): Promise<Shipment> {
      const made = await shipment(content, key);
      await target.send(made, await target.begin(made));
      return made;
    }

    async function allOf(prefix: string): Promise<readonly FarObject[]> {
      const found: FarObject[] = [];
      for (;;) {
        const { objects, isMore } = await target.list(prefix, found.at(-1)?.key ?? '');
        found.push(...objects);
        if (!isMore) return found;
      }
    }

    it('has nothing at first', async () => {
      expect(await target.stat(KEY)).toBeUndefined();
      expect(await target.readDocument(KEY)).toBeUndefined();
      expect(await target.list('', '')).toEqual({ objects: [], isMore: false });
      for (const read of [() => target.digest(KEY), () => target.fetch(KEY, join(folder, 'x'))])
        expect(failureCodeOf(await read().catch((error: unknown) => error))).toBe('copy-missing');
      await target.remove(KEY);
    });

    it.each([
      ['empty', Buffer.alloc(0)],
      ['short', Buffer.from('take one')],
      ['long', randomBytes(LONG_BYTES)],
    ])('gives back what was sent: a %s file', async (_, content) => {
      const { checksum, sizeBytes } = await sent(content);
      expect(await target.stat(KEY)).toEqual({ key: KEY, sizeBytes });
      expect(await target.digest(KEY)).toEqual({ checksum, sizeBytes });
      const path = join(folder, 'back');
      expect(await target.fetch(KEY, path)).toEqual({ checksum, sizeBytes });
      expect((await readFile(path)).equals(content)).toBe(true);
    });

    it('tells how much is sent and how much is read', async () => {
      const made = await shipment(randomBytes(LONG_BYTES));
      const heard: number[] = [];
      await target.send(made, await target.begin(made), (bytes) => heard.push(bytes));
      expect(heard.at(-1)).toBe(LONG_BYTES);
      expect(heard).toEqual(heard.toSorted((a, b) => a - b));
      const read: number[] = [];
      await target.digest(KEY, (bytes) => read.push(bytes));
      expect(read.at(-1)).toBe(LONG_BYTES);
    });

    it('sends nothing that is not what it should be', async () => {
      const content = randomBytes(LONG_BYTES);
      const made = { ...(await shipment(content)), checksum: '0'.repeat(64) };
      const failed = await target.send(made, await target.begin(made)).catch((error: unknown) => error);
      expect(failureCodeOf(failed)).toBe('digest-mismatch');
      const shorter = { ...(await shipment(content)), sizeBytes: LONG_BYTES + 1 };
      const cut = await target.send(shorter, await target.begin(shorter)).catch((error: unknown) => error);
      expect(failureCodeOf(cut)).toBe('digest-mismatch');
      expect(await allOf('')).toEqual([]);
    });

    it('goes on where another program ended', async () => {
      const made = await shipment(randomBytes(LONG_BYTES));
      const session = await target.begin(made);
      const first = under.reopen();
      const ended = (await first).send(made, session, (bytes) => {
        if (bytes > LONG_BYTES / 3) void first.then((other) => other.close());
      });
      await ended.catch(() => undefined);
      await target.send(made, session);
      expect(await target.digest(KEY)).toEqual({ checksum: made.checksum, sizeBytes: LONG_BYTES });
    });

    it('gives up what was begun', async () => {
      const made = await shipment(randomBytes(LONG_BYTES));
      const session = await target.begin(made);
      if (session === null) return;
      await target.abandon(KEY, session);
      await target.abandon(KEY, session);
      const lost = await target.send(made, session).catch((error: unknown) => error);
      expect(failureCodeOf(lost)).toBe('copy-session-lost');
      expect(await target.stat(KEY)).toBeUndefined();
    });

    it('fetches only what is missing', async () => {
      const content = randomBytes(3 * MIB);
      const { checksum, sizeBytes } = await sent(content);
      const path = join(folder, 'half');
      await writeFile(path, content.subarray(0, MIB));
      const heard: number[] = [];
      expect(await target.fetch(KEY, path, (bytes) => heard.push(bytes))).toEqual({ checksum, sizeBytes });
      expect(heard[0]).toBe(MIB);
      expect((await readFile(path)).equals(content)).toBe(true);
      expect(await target.fetch(KEY, path)).toEqual({ checksum, sizeBytes });
    });

    it('puts a newer document in the place of the older one', async () => {
      await target.putDocument('raw/a.json', '{"title":"Ä"}\n');
      await target.putDocument('raw/a.json', '{}\n');
      expect(await target.readDocument('raw/a.json')).toBe('{}\n');
    });

    it('removes one object and no other', async () => {
      await sent('one', 'raw/1.ogg');
      await sent('two', 'raw/2.ogg');
      await target.remove('raw/1.ogg');
      expect(await allOf('')).toEqual([{ key: 'raw/2.ogg', sizeBytes: 3 }]);
    });

    it('lists what lies below a folder, in the order of keys', async () => {
      const keys = ['raw/2026/b.ogg', 'raw/2026-x/a.ogg', 'raw/2026/a.ogg', 'rawer/z.ogg', 'vrp.json'];
      for (const key of keys) await sent(key, key);
      expect((await allOf('')).map(({ key }) => key)).toEqual(keys.toSorted());
      expect((await allOf('raw/')).map(({ key }) => key)).toEqual(
        keys.filter((key) => key.startsWith('raw/')).toSorted(),
      );
      const behind = await target.list('', 'raw/2026/a.ogg');
      expect(behind.objects.map(({ key }) => key)).toEqual(['raw/2026/b.ogg', 'rawer/z.ogg', 'vrp.json']);
    });

    it('takes names as they are', async () => {
      const key = `raw/Ünï cødé + & %41 'x' ${'n'.repeat(60)}.ogg`;
      const { checksum, sizeBytes } = await sent('name', key);
      expect(await target.digest(key)).toEqual({ checksum, sizeBytes });
      expect((await allOf('raw/')).map((object) => object.key)).toEqual([key]);
    });
  });
}
