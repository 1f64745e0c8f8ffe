import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
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

  it('goes on with what waits behind a file that cannot be read or is given up', async () => {
    const hasher = openFileHasher({ workerCount: 1 });
    const long = await file('long', '');
    await truncate(long, 4e9);
    const stop = new AbortController();
    const reading = { sizeBytes: 1 };
    const results = Promise.allSettled([
      hasher.hashFile(long, stop.signal, reading),
      hasher.hashFile(join(folder, 'none'), undefined, reading),
      hasher.hashFile(await file('good', 'good'), undefined, reading),
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
