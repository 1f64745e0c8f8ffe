import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpenDescriptors } from './open-descriptors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-open-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function pair(name: string) {
  const paths = { data: join(folder, `${name}.data`), journal: join(folder, `${name}.journal`) };
  await writeFile(paths.data, '');
  await writeFile(paths.journal, '');
  return paths;
}

function openCount(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('the open descriptors', () => {
  it('stay open between uses, so that a live take opens nothing', async () => {
    const descriptors = new OpenDescriptors(2);
    const a = await pair('a');
    const first = await descriptors.use(a, async (opened) => opened);
    expect(await descriptors.use(a, async (opened) => opened)).toEqual(first);
    await descriptors.close();
  });

  it.skipIf(process.platform !== 'linux')('are bounded by closing those used longest ago', async () => {
    const descriptors = new OpenDescriptors(2);
    const before = openCount();
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await descriptors.use(await pair(name), async () => undefined);
    await expect.poll(() => openCount() - before).toBe(4);
    await descriptors.close();
    expect(openCount()).toBe(before);
  });

  it('are never closed while somebody writes, whatever the bound', async () => {
    const descriptors = new OpenDescriptors(1);
    const gate = Promise.withResolvers<void>();
    const a = await pair('a');
    const long = descriptors.use(a, async (opened) => {
      await gate.promise;
      return opened;
    });
    for (const name of ['b', 'c']) await descriptors.use(await pair(name), async () => undefined);
    await descriptors.forget(a.data);
    const anew = await descriptors.use(a, async (opened) => opened);
    gate.resolve();
    expect(anew.data).not.toBe((await long).data);
    await descriptors.close();
  });

  it('of missing files fail each time, and work once they are there', async () => {
    const descriptors = new OpenDescriptors(2);
    const paths = { data: join(folder, 'x.data'), journal: join(folder, 'x.journal') };
    for (let time = 0; time < 2; time++) {
      await expect(descriptors.use(paths, async () => undefined)).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await pair('x');
    await expect(descriptors.use(paths, async () => 'open')).resolves.toBe('open');
    await descriptors.close();
  });
});
