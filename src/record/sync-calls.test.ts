import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canTrace, type SyncCall, traceSyncs } from '../../test/count-syncs.ts';

const script = fileURLToPath(new URL('../../test/traced-upload.ts', import.meta.url));
let root: string;
let calls: SyncCall[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vrp-traced-'));
  if (canTrace) calls = traceSyncs(script, [root]);
}, 60_000);
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** What was made durable between two marks: the call and the last part of the path, ids left out. */
function between(from: string, to: string): string[] {
  const start = calls.findIndex(({ call, path }) => call === 'write-mark' && path === from);
  const end = calls.findIndex(({ call, path }) => call === 'write-mark' && path === to);
  expect(start).toBeGreaterThanOrEqual(0);
  expect(end).toBeGreaterThan(start);
  return calls.slice(start + 1, end).map(
    ({ call, path }) =>
      `${call} ${path
        .replace(/ .*$/, '')
        .slice(root.length + 1)
        .replace(/[0-9a-f-]{36}/, '<id>')}`,
  );
}

/** Needs strace; where it is missing these tests show up as skipped. */
describe.skipIf(!canTrace)('what the kernel is asked for before an answer', () => {
  it('when an upload is made: its files, its info.json by rename, its folder and the spool', () => {
    const asked = between('opened', 'created');
    expect(asked.slice(0, 1)).toEqual(['mkdir spool/<id>']);
    expect(asked.slice(1, 3).sort()).toEqual(['fdatasync spool/<id>/data', 'fdatasync spool/<id>/journal']);
    expect(asked.slice(3)).toEqual([
      'fdatasync spool/<id>/info.json.new',
      'rename spool/<id>/info.json',
      'fsync spool/<id>',
      'fsync spool',
    ]);
  });

  it('when a few bytes are appended: one sync of the log, whose name is made safe once', () => {
    expect(between('created', 'appended')).toEqual(['fsync spool', 'fdatasync spool/log-1']);
    expect(between('appended', 'appended-again')).toEqual(['fdatasync spool/log-1']);
  });

  it('when many bytes are appended: one sync of the data and one of the journal', () => {
    expect(between('longer', 'appended-much').sort()).toEqual([
      'fdatasync spool/<id>/data',
      'fdatasync spool/<id>/journal',
    ]);
  });

  it('when an upload becomes a recording: its own files, before it is placed', () => {
    const asked = between('declared', 'finished');
    expect(asked[0]).toBe('fdatasync spool/log-1');
    expect(asked.slice(1, 3).sort()).toEqual(['fdatasync spool/<id>/data', 'fdatasync spool/<id>/journal']);
  });

  it('when a log is played back: the files it speaks of, then that it is gone', () => {
    expect(between('crashed', 'played-back')).toEqual([
      'fdatasync copy/spool/<id>/data',
      'fdatasync copy/spool/<id>/journal',
      'fsync copy/spool',
    ]);
  });

  it('when a log is given up: the files it speaks of', () => {
    expect(between('closing', 'closed').sort()).toEqual([
      'fdatasync copy/spool/<id>/data',
      'fdatasync copy/spool/<id>/journal',
    ]);
  });

  it('when a length is declared: the new info.json, and nothing for bytes that did not come', () => {
    expect(between('appended-much', 'declared')).toEqual([
      'fdatasync spool/<id>/info.json.new',
      'rename spool/<id>/info.json',
      'fsync spool/<id>',
    ]);
  });

  it('when a person ends an upload: its folder under another name, so that half a removal is no upload', () => {
    expect(between('unwanted', 'terminated')).toEqual(['rename spool/<id>.terminated', 'fsync spool']);
  });

  it('when a sync failed: new files, their folder, and only then the info.json that names them', () => {
    const asked = between('failing', 'failed');
    expect(asked).toEqual([
      'fdatasync spool/<id>/data-2',
      'fdatasync spool/<id>/journal-2',
      'fsync spool/<id>',
      'fdatasync spool/<id>/info.json.new',
      'rename spool/<id>/info.json',
      'fsync spool/<id>',
    ]);
  });

  it('when bytes in doubt are set aside: they are safe in their new place before they are cut off', () => {
    expect(between('restarted', 'recovered')).toEqual([
      'fdatasync spool/<id>/rest-0',
      'fsync spool/<id>',
      'ftruncate spool/<id>/data-2',
      'fdatasync spool/<id>/data-2',
      'ftruncate spool/<id>/journal-2',
      'fdatasync spool/<id>/journal-2',
      'fsync spool/<id>',
    ]);
  });

  it('when the folder of a new store is made: its parents', () => {
    const start = calls.findIndex(({ path }) => path === 'opened');
    expect(calls.slice(0, start)).toContainEqual({ call: 'fsync', path: root });
  });
});
