import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rehearse } from '../ingest/rehearse.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import { FILE_RULES, incomingFile } from './file-rules.ts';
import { requireAll } from './rule.ts';
import { ALL_RULES } from './rules.ts';
import { sizeRule } from './size-rules.ts';
import { checksumRule, lengthRule, STALL_MS, stallRule, unchangedRule } from './transfer-rules.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-rules-'));
  mkdirSync(join(folder, 'store'));
  writeFileSync(join(folder, 'ten.wav'), '0123456789');
  writeFileSync(join(folder, 'empty.wav'), '');
  writeFileSync(join(folder, 'store', 'inside.wav'), '0123456789');
  symlinkSync(join(folder, 'store', 'inside.wav'), join(folder, 'link.wav'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = (check: () => unknown) => {
  try {
    check();
    return 'fine';
  } catch (error) {
    return failureCodeOf(error);
  }
};

const admission = async (name: string, facts: { max?: number; free?: number; isMove?: boolean } = {}) => {
  const file = incomingFile({
    path: name.startsWith('\0') ? name : join(folder, name),
    isMove: facts.isMove ?? false,
    dataDir: join(folder, 'store'),
    maxFileBytes: facts.max ?? null,
    usableBytes: async () => facts.free ?? 1e9,
  });
  return await requireAll(FILE_RULES, file).then(() => 'fine', failureCodeOf);
};

describe('the checks of what comes in', () => {
  it('are all in the table of docs/errors.md, in their order and with their codes', () => {
    const document = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...document.matchAll(/^\| (before|while|after) \| ([^|]+) \| ([^|]+) \|/gm)];
    const written = rows.map(([, phase, name, codes = '']) => ({
      phase,
      name,
      codes: [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
    }));
    expect(written).toEqual(ALL_RULES.map(({ phase, name, codes }) => ({ phase, name, codes })));
  });

  it('say before a byte is read what is wrong with a file', async () => {
    expect(await admission('ten.wav', { max: 10, free: 10 })).toBe('fine');
    expect(await admission('\0.wav')).toBe('file-missing');
    expect(await admission('none.wav')).toBe('file-missing');
    expect(await admission('store')).toBe('file-not-regular');
    expect(await admission('empty.wav')).toBe('audio-no-samples');
    expect(await admission('ten.wav', { max: 9 })).toBe('file-too-large');
    expect(await admission('ten.wav', { free: 9 })).toBe('disk-full');
    expect(await admission('link.wav')).toBe('fine');
    expect(await admission('link.wav', { isMove: true })).toBe('invalid-input');
  });

  it('never limit a take, and never ask for what nobody said', () => {
    const take = { whose: 'take', kind: 'take', sizeBytes: 1e12, maxFileBytes: 1 } as const;
    expect(codeOf(() => sizeRule.check(take))).toBe('fine');
    const unsaid = { what: 'x', expected: null, found: 'b', advice: '' };
    expect(checksumRule.isAsked(unsaid)).toBe(false);
    expect(codeOf(() => checksumRule.check({ ...unsaid, expected: 'a' }))).toBe('checksum-mismatch');
  });

  it('hold what comes against what was said, at its very edge', () => {
    const length = (endBytes: number) =>
      codeOf(() => lengthRule.check({ id: 'x', endBytes, lengthBytes: 10 }));
    expect([length(10), length(11)]).toEqual(['fine', 'upload-length-exceeded']);
    const stall = (silentMs: number) => codeOf(() => stallRule.check({ id: 'x', silentMs }));
    expect([stall(STALL_MS - 1), stall(STALL_MS)]).toEqual(['fine', 'upload-cut']);
    const read = (readBytes: number, isSameFile: boolean) =>
      codeOf(() => unchangedRule.check({ path: 'x', sizeBytes: 5, readBytes, isSameFile }));
    expect([read(5, true), read(4, true), read(5, false)]).toEqual([
      'fine',
      'file-changed-while-reading',
      'file-changed-while-reading',
    ]);
  });
});

describe('a rehearsal', () => {
  const desk = {
    dataDir: '/nowhere',
    maxFileBytes: null,
    usableBytes: async () => 1e9,
    probe: async () => undefined,
    hashFile: async () => ({ checksum: 'c'.repeat(64), sizeBytes: 10 }),
    findByChecksum: async () => undefined,
  };
  const resultsOf = (outcome: Awaited<ReturnType<typeof rehearse>>) =>
    Object.fromEntries((outcome.checks ?? []).map(({ name, result }) => [name, result]));

  it('says each check by its name, and what it had no reason to ask', async () => {
    const outcome = await rehearse(desk, join(folder, 'ten.wav'));
    expect(outcome).toMatchObject({ status: 'stored', checksum: 'c'.repeat(64) });
    expect(resultsOf(outcome)).toEqual({
      name: 'passed',
      type: 'passed',
      permission: 'passed',
      size: 'passed',
      place: 'not-asked',
      'free space': 'passed',
      unchanged: 'passed',
      checksum: 'not-asked',
      content: 'passed',
      'read-back': 'not-asked',
    });
  });

  it('ends at the first one that fails, and says which were not reached', async () => {
    const outcome = await rehearse({ ...desk, usableBytes: async () => 1 }, join(folder, 'ten.wav'));
    expect(outcome).toMatchObject({ status: 'rejected', error: { code: 'disk-full' } });
    expect(resultsOf(outcome)).toMatchObject({
      size: 'passed',
      'free space': 'failed',
      unchanged: 'not-reached',
      content: 'not-reached',
    });
    const probe = () => Promise.reject(new VoiceRecorderError('not-audio-content', 'A page.'));
    expect(await rehearse({ ...desk, probe }, join(folder, 'ten.wav'))).toMatchObject({
      status: 'rejected',
      error: { code: 'not-audio-content' },
    });
  });
});
