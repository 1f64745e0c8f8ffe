import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { failureCodeOf } from '../model/failure.ts';
import { describeCopyTarget } from './copy-target.contract.ts';
import { openFolderTarget } from './folder-target.ts';

describeCopyTarget('A folder', async () => {
  const path = await mkdtemp(join(tmpdir(), 'vrp-copies-'));
  const open = () => openFolderTarget({ kind: 'folder', path });
  return {
    target: open(),
    reopen: async () => open(),
    dispose: () => rm(path, { recursive: true, force: true }),
  };
});

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-copies-'));
});
afterEach(() => rm(folder, { recursive: true }));

const codeOf = async (work: Promise<unknown>) => failureCodeOf(await work.catch((error: unknown) => error));

it('is missing when its disk is not connected', async () => {
  const target = openFolderTarget({ kind: 'folder', path: join(folder, 'unplugged') });
  expect(await codeOf(target.stat('raw/a.ogg'))).toBe('target-missing');
  expect(await codeOf(target.putDocument('raw/a.json', '{}'))).toBe('target-missing');
});

it('follows no name out of itself', async () => {
  const [path, other] = [join(folder, 'copies'), join(folder, 'other')];
  await mkdir(path);
  await mkdir(other);
  const target = openFolderTarget({ kind: 'folder', path });
  for (const key of ['../other/a.json', '/etc/a.json', 'raw/../../other/a.json', 'raw\\a.json', 'a\0.json'])
    expect(await codeOf(target.putDocument(key, '{}'))).toBe('invalid-input');
  await symlink('/etc/hostname', join(path, 'link.json'));
  expect(await target.readDocument('link.json')).toBeUndefined();
  expect(await codeOf(target.digest('link.json'))).toBe('target-forbidden');
});

it.skipIf(process.getuid?.() === 0)('says when it may not be written', async () => {
  await chmod(folder, 0o500);
  const target = openFolderTarget({ kind: 'folder', path: folder });
  expect(await codeOf(target.putDocument('raw/a.json', '{}'))).toBe('target-forbidden');
});
