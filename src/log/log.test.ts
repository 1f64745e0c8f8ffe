import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logContext, runInLogContext } from './log-context.ts';
import { logFilesOf, openLogFile } from './log-file.ts';
import { openLog } from './open-log.ts';
import { hideFileNames, hideSecrets } from './redaction.ts';

const token = `vrp_${'a1B2_-'.repeat(7)}c`;

describe('a line of the log', () => {
  it('hides secrets by their field and by how they look', () => {
    const lines = logged((logger) => {
      logger.info({ token, headers: { authorization: 'x', cookie: 'y' } }, 'by field');
      logger.info(`sent Bearer ${token} to postgres://me:hunter2@db/app and #login=${'x'.repeat(22)}`);
      logger.error({ error: new Error(`refused ${token}`) }, 'failed');
    });
    expect(lines).toHaveLength(3);
    for (const secret of [token, 'hunter2', 'xxxxxxx']) expect(lines.join('')).not.toContain(secret);
    expect(lines[2]).toContain('refused (hidden)');
  });

  it('hides what people wrote and named, unless names are asked for', () => {
    const tell = (logger: ReturnType<typeof openLog>) =>
      logger.info({ title: 'With Ada', recording: { title: 'With Ada' } }, '"With Ada L.wav" is damaged');
    expect(logged(tell).join('')).not.toMatch(/Ada/);
    expect(logged(tell, true).join('').match(/Ada/g)).toHaveLength(3);
  });

  it('says which request and which job it belongs to', async () => {
    const lines: string[] = [];
    const logger = openLog({ targets: [{ stream: into(lines), level: 'info' }] });
    await runInLogContext({ requestId: 'r1' }, async () => {
      await Promise.resolve();
      runInLogContext({ jobId: 'j1' }, () => logger.info('inside'));
    });
    logger.info('outside');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ requestId: 'r1', jobId: 'j1', msg: 'inside' });
    expect(lines[1]).not.toContain('requestId');
    expect(logContext()).toEqual({});
  });

  it('goes to each target from its level on', () => {
    const [all, few]: [string[], string[]] = [[], []];
    const targets = [
      { stream: into(all), level: 'info' },
      { stream: into(few), level: 'warn' },
      { stream: into(few), level: 'silent' },
    ];
    const logger = openLog({ targets });
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    expect([all.length, few.length]).toEqual([2, 1]);
  });
});

describe('names of files', () => {
  it.each([
    ['"My talk, part 2.wav" cannot be read', '", part'],
    ['Cannot open /home/ada/With Bob.flac: gone', 'Bob'],
    ['{"msg":"Ada.MP3 is no audio"}', 'Ada'],
    ['a.wav b.wav c.opus', 'b.wav'],
  ])('go: %s', (line, gone) => {
    expect(hideFileNames(line)).not.toContain(gone === '", part' ? 'part 2' : gone);
    expect(hideFileNames(line)).toContain('(a file).');
  });

  it('stay where they are our own, or none', () => {
    const line = '{"msg":"raw/2026/11/20261122T213205Z-01K.wav is a .wave of 3.5 mp3s at /api/uploads/1"}';
    expect(hideFileNames(line)).toBe(line);
    expect(hideSecrets('a'.repeat(64))).toBe('a'.repeat(64));
  });

  it('are looked for in time that grows with the line only', () => {
    const line = `${'a.wav '.repeat(20_000)}${'x'.repeat(200_000)}`;
    expect(hideFileNames(hideSecrets(line)).length).toBeGreaterThan(200_000);
  }, 2_000);
});

describe('the file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vrp-log-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is put aside when it is full, and the oldest goes', async () => {
    const path = join(folder, 'logs', 'server.log');
    const file = openLogFile({ path, maxBytes: 1_000, keptCount: 2 });
    const line = `${'x'.repeat(99)}\n`;
    for (let n = 0; n < 60; n++) {
      file.write(line);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await file.close();
    const paths = logFilesOf(path, 2);
    expect(paths.slice(0, 2)).toEqual([`${path}.2`, `${path}.1`]);
    for (const each of paths) {
      const { size, mode } = await stat(each);
      expect(size).toBeLessThanOrEqual(2_000);
      expect(mode & 0o777).toBe(0o600);
      expect((await readFile(each, 'utf8')).split('\n').slice(0, -1)).toSatisfy((all: string[]) =>
        all.every((text) => text.length === 99),
      );
    }
  });

  it('goes on at its end after a restart', async () => {
    const path = join(folder, 'server.log');
    for (const line of ['one\n', 'two\n']) {
      const file = openLogFile({ path });
      file.write(line);
      await file.close();
    }
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('tells of trouble once, and stops nobody', async () => {
    let troubles = 0;
    const file = openLogFile({ path: '/dev/full', onTrouble: () => troubles++ });
    for (let n = 0; n < 5; n++) {
      file.write('x\n');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await file.close();
    expect(troubles).toBe(1);
  });
});

function logged(work: (logger: ReturnType<typeof openLog>) => void, showsNames = false): string[] {
  const lines: string[] = [];
  work(openLog({ targets: [{ stream: into(lines), level: 'info' }], showsNames }));
  return lines;
}

function into(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
}
