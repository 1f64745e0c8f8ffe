import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureCodeOf } from '../model/failure.ts';
import { planImport } from './import-plan.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-plan-'));
  mkdirSync(join(folder, 'b', 'deep'), { recursive: true });
  mkdirSync(join(folder, 'store', 'raw'), { recursive: true });
  for (const [name, bytes] of [
    ['a.wav', 10],
    ['b/c.wav', 20],
    ['b/deep/d.wav', 30],
    ['b/.hidden.wav', 1],
    ['b/Thumbs.db', 1],
    ['store/raw/own.wav', 1],
  ] as const) {
    writeFileSync(join(folder, name), Buffer.alloc(bytes));
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

const plan = (paths: string[], isRecursive = true) =>
  planImport({ paths, isRecursive, dataDir: join(folder, 'store') });
const names = async (paths: string[]) =>
  (await plan(paths)).files.map((file) => file.path.slice(folder.length + 1));

describe('planImport', () => {
  it('finds every file of a folder in order, but no hidden ones, no litter and not the library itself', async () => {
    expect(await names([folder])).toEqual(['a.wav', 'b/c.wav', 'b/deep/d.wav']);
    expect((await plan([folder])).totalBytes).toBe(60);
  });

  it('refuses a folder without --recursive', async () => {
    expect(await plan([folder], false).then(() => undefined, failureCodeOf)).toBe('usage');
  });

  it('takes a hidden file that is named itself', async () => {
    expect(await names([join(folder, 'b', '.hidden.wav')])).toEqual(['b/.hidden.wav']);
  });

  it('says what is missing and goes on with the rest', async () => {
    const { files, rejected } = await plan([join(folder, 'none.wav'), join(folder, 'a.wav')]);
    expect(files).toHaveLength(1);
    expect(rejected.map(({ error }) => error?.code)).toEqual(['file-missing']);
  });

  it('follows links to files, but not to folders: they may lead round in a circle', async () => {
    symlinkSync(folder, join(folder, 'b', 'circle'));
    symlinkSync(join(folder, 'a.wav'), join(folder, 'b', 'linked.wav'));
    expect(await names([join(folder, 'b')])).toEqual(['b/c.wav', 'b/deep/d.wav', 'b/linked.wav']);
  });
});
