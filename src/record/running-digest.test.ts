import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../test/sha256.ts';
import { seededBytes } from '../../test/spool-desk.ts';
import { newId } from '../model/id.ts';
import { RunningDigests } from './running-digest.ts';

let folder: string;
let digests: RunningDigests;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-digest-'));
  digests = new RunningDigests();
});
afterEach(async () => {
  await digests.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the running digest', () => {
  it('is that of the whole file, followed in parts or not', async () => {
    const bytes = seededBytes(20_000_000, 51);
    const [followed, sudden] = [newId(1), newId(2)];
    const path = join(folder, 'a');
    await writeFile(path, '');
    for (let at = 0; at < bytes.length; at += 3_000_000) {
      await appendFile(path, bytes.subarray(at, at + 3_000_000));
      digests.follow(followed, path, Math.min(bytes.length, at + 3_000_000));
    }
    expect(await digests.finish(followed, path, bytes.length)).toBe(sha256(bytes));
    expect(await digests.finish(sudden, path, bytes.length)).toBe(sha256(bytes));
    expect(await digests.finish(followed, path, bytes.length)).toBe(sha256(bytes));
  });

  it('of fewer bytes than were followed begins anew', async () => {
    const bytes = seededBytes(9_000_000, 52);
    const path = join(folder, 'a');
    await writeFile(path, bytes);
    const id = newId(1);
    expect(await digests.finish(id, path, bytes.length)).toBe(sha256(bytes));
    expect(await digests.finish(id, path, 5_000_000)).toBe(sha256(bytes.subarray(0, 5_000_000)));
  });

  it('keeps many uploads apart', async () => {
    const all = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const bytes = seededBytes(100_000 + index, index);
        const path = join(folder, String(index));
        await writeFile(path, bytes);
        return { id: newId(index), path, bytes };
      }),
    );
    const found = await Promise.all(all.map(({ id, path, bytes }) => digests.finish(id, path, bytes.length)));
    expect(found).toEqual(all.map(({ bytes }) => sha256(bytes)));
  });

  it('of a file that is too short or missing fails for that upload alone', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'hello');
    const id = newId(1);
    await expect(digests.finish(id, path, 6)).rejects.toThrow('ends at 5');
    await expect(digests.finish(newId(2), join(folder, 'none'), 5)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await digests.finish(id, path, 5)).toBe(sha256(Buffer.from('hello')));
  });

  it('survives the end of its thread', async () => {
    const bytes = seededBytes(60_000_000, 53);
    const path = join(folder, 'a');
    await writeFile(path, bytes);
    const id = newId(1);
    const asked = digests.finish(id, path, bytes.length);
    await digests.endThreads();
    expect(await asked).toBe(sha256(bytes));
  });
});
