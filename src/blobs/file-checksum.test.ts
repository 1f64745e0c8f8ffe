import { createHash } from 'node:crypto';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileHasher } from './file-checksum.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-checksum-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

describe('hashing files in threads', () => {
  it('answers for each file with its own checksum, however many wait and however short they are said to be', async () => {
    const hasher = openFileHasher({ workerCount: 2 });
    const contents = Array.from({ length: 40 }, (_, index) => `file ${index} `.repeat(index * 50));
    const paths = await Promise.all(contents.map((content, index) => file(`${index}`, content)));
    const found = await Promise.all(
      paths.map((path, index) =>
        hasher.hashFile(path, undefined, index % 3 === 0 ? {} : { sizeBytes: contents[index]!.length }),
      ),
    );
    expect(found.map(({ checksum }) => checksum)).toEqual(contents.map(sha256));
    await hasher.close();
  });

  it('hashes a file that is longer than it was said to be to its end', async () => {
    const hasher = openFileHasher();
    const content = 'longer than said '.repeat(10_000);
    const path = await file('grown', content);
    const found = await hasher.hashFile(path, undefined, { sizeBytes: 17 });
    expect(found).toEqual({ checksum: sha256(content), sizeBytes: content.length });
    await hasher.close();
  });

  it('calls what lies in place of a short file no file, and follows no link', async () => {
    const hasher = openFileHasher();
    await symlink(await file('linked', 'linked'), join(folder, 'link'));
    const codeOf = (path: string) =>
      hasher.hashFile(path, undefined, { sizeBytes: 6 }).catch((error: { code?: string }) => error.code);
    expect([await codeOf(folder), await codeOf(join(folder, 'link'))]).toEqual(['file-not-regular', 'ELOOP']);
    await hasher.close();
  });

  it('goes on with what waits behind a file that cannot be read or is given up', async () => {
    const hasher = openFileHasher({ workerCount: 1 });
    const long = await file('long', '');
    await truncate(long, 4e9);
    const good = await file('good', 'good');
    const stop = new AbortController();
    const reading = { sizeBytes: 1 };
    const results = Promise.allSettled([
      hasher.hashFile(long, stop.signal, reading),
      hasher.hashFile(join(folder, 'none'), undefined, reading),
      hasher.hashFile(good, undefined, reading),
    ]);
    stop.abort();
    expect(await results).toMatchObject([
      { status: 'rejected', reason: { code: 'interrupted' } },
      { status: 'rejected', reason: { code: 'ENOENT' } },
      { status: 'fulfilled', value: { checksum: sha256('good') } },
    ]);
    await hasher.close();
  });

  it('leaves nobody waiting when it is closed', async () => {
    const hasher = openFileHasher({ workerCount: 1 });
    const long = await file('longer', '');
    await truncate(long, 4e9);
    const results = Promise.allSettled(
      Array.from({ length: 4 }, () => hasher.hashFile(long, undefined, { sizeBytes: 1 })),
    );
    await hasher.close();
    for (const result of await results) expect(result.status).toBe('rejected');
  });
});
