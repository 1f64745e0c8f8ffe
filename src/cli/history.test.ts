import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voiceSamples, writeWav } from '../../test/voice-wav.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { Recording } from '../model/recording.ts';

let root: string;
let id: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vrp-cli-history-'));
  const file = join(root, 'Talk.wav');
  writeWav(file, voiceSamples(0.2, 8_000, 1), 8_000);
  id = (await vrpJson<{ id: string }>('import', file)).id;
});
afterAll(() => rm(root, { recursive: true }));

const vrp = (...args: string[]) =>
  runHere({ dataDir: join(root, 'data'), stateDir: join(root, 'state') }, args);

async function vrpJson<Answer>(...args: string[]): Promise<Answer> {
  return JSON.parse((await vrp('--json', ...args)).stdout) as Answer;
}

describe('vrp info --history and edit-info --undo', () => {
  it('list what was changed, and take it back', async () => {
    expect((await vrp('info', id, '--history')).stdout).toBe('Nobody changed anything yet.\n');
    await vrp('edit-info', id, '--title', 'The \u009b31mmiller', '--add-tag', 'mill');
    await vrp('edit-info', id, '--add-collection', 'Village', '--add-collection', 'a, b');
    const kept = await vrpJson<Recording>('edit-info', id, '--remove-collection', 'VILLAGE');
    expect(kept).toMatchObject({ collections: ['a, b'], version: 4 });
    await vrp('remove', id);
    const { items } = await vrpJson<{ items: HistoryEntry[] }>('info', id, '--history');
    expect(items.map(({ version, by, after }) => [version, by, after])).toEqual([
      [5, 'cli', { isTrashed: true }],
      [4, 'cli', { collections: ['a, b'] }],
      [3, 'cli', { collections: ['Village', 'a, b'] }],
      [2, 'cli', { title: 'The \u009b31mmiller', tags: ['mill'] }],
    ]);
    const { stdout } = await vrp('info', id, '--history');
    expect(stdout).not.toContain('\u009b');
    expect(stdout).toMatch(/^Version 5 {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}cli\n {2}moved to the trash\n/);
    expect(stdout).toContain('  collections: "Village, a, b" -> "a, b"\n');
    expect(stdout).toContain('  tags: (none) -> "mill"\n');

    expect(await vrpJson('edit-info', id, '--undo', '3')).toMatchObject({ error: { code: 'undo-conflict' } });
    expect(await vrpJson('edit-info', id, '--undo', '5')).toMatchObject({ status: 'active' });
    expect(await vrpJson('edit-info', id, '--undo', '2')).toMatchObject({ title: 'Talk', tags: [] });
    expect((await vrp('info', id, '--history')).stdout).toContain('cli, took back version 2\n');
  });

  it('tell when somebody entered the date of recording', async () => {
    const { recordedAt } = await vrpJson<Recording>('info', id);
    expect(await vrpJson('edit-info', id, '--recorded-at', '1962-05-01T14:30:00+01:00')).toMatchObject({
      recordedAt: '1962-05-01T13:30:00.000Z',
      recordedAtSource: 'person',
    });
    const here = new Date('1962-05-02T00:00').toISOString();
    const { version } = await vrpJson<Recording>('edit-info', id, '--recorded-at', '1962-05-02');
    expect((await vrp('info', id, '--history')).stdout).toContain(`-> "${here}"`);
    expect(await vrpJson('edit-info', id, '--undo', String(version))).toMatchObject({
      recordedAt: '1962-05-01T13:30:00.000Z',
    });
    expect(await vrpJson('edit-info', id, '--undo', String(version - 1))).toMatchObject({ recordedAt });
    expect(await vrpJson('edit-info', id, '--recorded-at', 'in May')).toMatchObject({
      error: { code: 'invalid-input' },
    });
  });

  it('say what they expect', async () => {
    for (const args of [
      ['--undo', 'x'],
      ['--undo', '0'],
      ['--undo', '2', '--title', 'x'],
    ]) {
      expect((await vrp('edit-info', id, ...args)).exitCode, args.join(' ')).toBe(2);
    }
    expect(await vrpJson('edit-info', id, '--undo', '99')).toMatchObject({
      error: { code: 'amendment-unknown' },
    });
  });
});
