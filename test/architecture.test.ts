import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Who may import whom. `values`: rooms whose code may be used; `types`: single files of other rooms whose types may
 * be named (ports), the objects behind them are handed in by `open.ts`.
 */
const PORTS = [
  'src/blobs/blob-store.ts',
  'src/media/media.ts',
  'src/catalogue/recording-repository.ts',
  'src/catalogue/copy-ledger.ts',
  'src/catalogue/copy-report.ts',
  'src/jobs/job-queue.ts',
  'src/jobs/job-handler.ts',
  'src/verify/verification.ts',
  'src/health/health.ts',
  'src/alerts/alerts.ts',
  'src/health/health-check.ts',
  'src/voice-recorder.ts',
  'src/sync/copies.ts',
  'src/backup/catalogue-backups.ts',
  'src/stored-files.ts',
];
const MAY_IMPORT: Record<string, { values: string[]; types: string[] }> = {
  'src/model': { values: [], types: [] },
  'src/durable': { values: ['src/model', 'src/sessions'], types: [] },
  'src/threads': { values: ['src/model'], types: [] },
  'src/config': { values: ['src/durable', 'src/model'], types: [] },
  'src/sessions': { values: ['src/model'], types: [] },
  'src/blobs': { values: ['src/durable', 'src/model', 'src/sessions', 'src/threads'], types: [] },
  'src/media': { values: ['src/durable', 'src/model', 'src/sessions'], types: PORTS },
  'src/database': { values: ['src/durable', 'src/model', 'src/sessions', 'src/threads'], types: PORTS },
  'src/catalogue': {
    values: ['src/database', 'src/durable', 'src/model', 'src/sessions', 'src/threads'],
    types: PORTS,
  },
  'src/log': { values: [], types: [] },
  'src/jobs': {
    values: ['src/log', 'src/model', 'src/sessions'],
    types: PORTS,
  },
  'src/access': { values: ['src/durable', 'src/model'], types: PORTS },
  'src/validation': { values: ['src/model'], types: [] },
  'src/record': {
    values: ['src/durable', 'src/model', 'src/sessions', 'src/threads', 'src/validation'],
    types: PORTS,
  },
  'src/ingest': { values: ['src/durable', 'src/model', 'src/sessions', 'src/validation'], types: PORTS },
  'src/library': { values: ['src/model'], types: PORTS },
  'src/derive': { values: ['src/durable', 'src/model', 'src/sessions'], types: PORTS },
  'src/storage': { values: ['src/durable', 'src/model', 'src/threads'], types: PORTS },
  'src/backup': { values: ['src/durable', 'src/model'], types: PORTS },
  'src/capacity': { values: ['src/model', 'src/threads', 'src/validation'], types: PORTS },
  'src/rebuild': { values: ['src/model'], types: PORTS },
  'src/verify': { values: ['src/durable', 'src/model'], types: PORTS },
  'src/alerts': { values: ['src/model'], types: PORTS },
  'src/sync': { values: ['src/durable', 'src/model', 'src/threads'], types: PORTS },
  'src/health': { values: ['src/model'], types: PORTS },
  'src/metrics': { values: ['src/model'], types: PORTS },
  'src/serve': { values: ['src/log', 'src/metrics', 'src/model'], types: PORTS },
  'src/join': { values: [], types: [] },
  'src/crashtest': { values: ['src/model'], types: [] },
  // Translates to the names of the Python original.
  'src/services': {
    values: ['src/model', 'src/config', 'src/catalogue', 'src/database', 'src/open.ts', 'src/join'],
    types: PORTS,
  },
  'src/cli': {
    values: [
      'src/durable',
      'src/model',
      'src/config',
      'src/log',
      'src/sessions',
      'src/serve',
      'src/verify',
      'src/sync',
      'src/crashtest',
      'src/open.ts',
      'src/open-reader.ts',
      'src/open-rehearsal.ts',
      'src/rebuild-store.ts',
      'src/repair-file.ts',
      'src/restore-copies.ts',
      'src/restore-store.ts',
      'src/copy-store.ts',
      'src/live-encoder.ts',
    ],
    types: PORTS,
  },
  'web/src': { values: ['src/model'], types: [] },
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const files = ['src', 'web/src'].flatMap((folder) => listSources(join(root, folder)));
const imports = files.flatMap(readImports);

describe('the house', () => {
  it('has a row in the table for every room', () => {
    const rooms = new Set(files.map(roomOf).filter((room) => !room.endsWith('.ts')));
    expect([...rooms].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('lets each room import only what the table allows', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.filter((line) => !isAllowed(line)).map((line) => `${line.from} -> ${line.to}`)).toEqual(
      [],
    );
  });

  it('keeps the model and the web app free of Node', () => {
    const offenders = files
      .filter((file) => /^(src\/model|web\/src)\//.test(file))
      .filter((file) => /from '(node:|fastify|kysely|pino)/.test(readFileSync(join(root, file), 'utf8')));
    expect(offenders).toEqual([]);
  });

  it('has no folder or file named for nothing in particular', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|misc|types)(\.tsx?$|\/)/;
    expect(files.filter((file) => vague.test(file))).toEqual([]);
  });

  it('starts threads only where the flags of the host program are kept from them', () => {
    const offenders = files
      .filter((file) => file.startsWith('src/') && !file.startsWith('src/threads/'))
      .filter((file) => /\bnew Worker\(/.test(readFileSync(join(root, file), 'utf8')));
    expect(offenders).toEqual([]);
  });

  it('speaks to people only from the command line', () => {
    const loud = files.filter(
      (file) =>
        !file.startsWith('src/cli/') && /\bconsole\.\w+\(/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(loud).toEqual([]);
  });
});

function isAllowed({ from, to, isTypeOnly }: Import): boolean {
  const room = roomOf(from);
  // `open.ts` and the other files at the top of src join the rooms; what that takes is in `join`.
  if (room.endsWith('.ts') || room === 'src/join') return true;
  if (roomOf(to) === room) return true;
  const row = MAY_IMPORT[room];
  if (!row) return false;
  return row.values.includes(roomOf(to)) || (isTypeOnly && row.types.includes(to));
}

function roomOf(file: string): string {
  if (file.startsWith('web/src/')) return 'web/src';
  return file.split('/').slice(0, 2).join('/');
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.(test|contract)\.tsx?$/.test(name))
    .map((name) => relative(root, join(folder, name)).replaceAll('\\', '/'));
}

function readImports(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern = /^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    from: file,
    to: relative(root, resolve(root, dirname(file), match[2] ?? match[3] ?? '')).replaceAll('\\', '/'),
    isTypeOnly: match[1] !== undefined,
  }));
}
