import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSyncSites, type ROOMS, type SyncSite } from './sync-sites.ts';

/*
 * Takes away, one at a time and in a copy of the project, every sync, journal record and durable document, and runs
 * the tests that must notice. A survivor is either a gap in the tests or a sync nobody needs.
 */

export interface Verdict {
  readonly site: string;
  readonly removed: string;
  /** Test that failed without it; null: none did. */
  readonly killedBy: string | null;
  /** Why nothing has to fail, for those that are there for another reason. */
  readonly exempt: string | null;
}

export interface MutationReport {
  readonly sites: number;
  readonly killed: number;
  readonly exempt: number;
  readonly table: readonly string[];
  readonly broken: readonly string[];
}

type Room = (typeof ROOMS)[number];

/** The quick ones first: most sites die in the first file. */
const WITNESSES: Record<Room, readonly string[]> = {
  durable: ['src/record/sync-calls.test.ts', 'test/durability.test.ts'],
  record: [
    'src/record/sync-calls.test.ts',
    'src/record/write-ahead-log.test.ts',
    'src/record/import-copy.test.ts',
    'src/record/recovery.test.ts',
    'src/record/disk-failure.test.ts',
    'src/record/adoption.test.ts',
    'test/durability.test.ts',
  ],
  ingest: ['src/ingest/import-file.test.ts', 'src/ingest/crash.test.ts', 'test/durability.test.ts'],
  blobs: ['src/blobs/disk-blobs.test.ts', 'src/blobs/reserve.test.ts', 'test/durability.test.ts'],
  database: ['src/catalogue/open-catalogue.test.ts', 'test/durability.test.ts'],
  catalogue: ['src/catalogue/sidecar-writer.test.ts', 'test/durability.test.ts'],
  config: ['test/durability.test.ts'],
  access: ['test/durability.test.ts'],
};
/** What all else let pass has to get past these. */
const LAST_WITNESSES = ['test/torture/power-cut.test.ts', 'test/torture/uploads-kill.test.ts'];

const WRITE_BACK = 'only begins writing back early; the sync before the answer covers the same bytes';
/** By file and text; an entry that fits no site any more is an error. */
const EXEMPT: Readonly<Record<string, string>> = {
  'src/record/copy-bytes.ts systemDisk.sync(this.#descriptor)': WRITE_BACK,
  'src/database/sqlite/sqlite-maintenance.ts sync(unfinished)':
    'SQLite syncs what VACUUM INTO writes in this version, but its documentation promises the contrary',
  'src/record/received-bytes.ts this.#startSync([this.#place.descriptors.data], () => undefined)': WRITE_BACK,
};

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'src',
  'test',
  'scripts',
  'bin',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'vitest.config.ts',
];

export async function run(options: {
  /** Parts of the paths that are looked at, with commas between them; all when not given. */
  readonly only?: string | undefined;
  /** Hears of each verdict as it is found. */
  readonly onVerdict?: (line: string) => void;
}): Promise<MutationReport> {
  const copy = mkdtempSync(join(tmpdir(), 'vrp-mutations-'));
  try {
    for (const name of COPIED) cpSync(join(projectRoot, name), join(copy, name), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules'), join(copy, 'node_modules'));
    const parts = (options.only ?? '').split(',');
    const all = findSyncSites(copy);
    requireExemptionsUsed(all);
    const sites = all.filter(({ file }) => parts.some((part) => file.includes(part)));
    const sound = await findSound(copy, new Set(sites.map(roomOf)));
    for (const { witness, failed } of sound.filter(({ failed }) => failed !== undefined))
      options.onVerdict?.(
        `${witness} is not heard: with every sync in its place it fails already (${failed})`,
      );
    const witnesses = new Set(
      sound.filter(({ failed }) => failed === undefined).map(({ witness }) => witness),
    );
    const table: string[] = [];
    const verdicts: Verdict[] = [];
    for (const site of sites) {
      const verdict = await judge(copy, site, witnesses);
      verdicts.push(verdict);
      table.push(lineOf(verdict));
      options.onVerdict?.(lineOf(verdict));
    }
    return {
      sites: sites.length,
      killed: verdicts.filter(({ killedBy }) => killedBy !== null).length,
      exempt: verdicts.filter(({ exempt }) => exempt !== null).length,
      table,
      broken: verdicts.filter(isSurvivor).map(({ site, removed }) => `${site} can go: ${removed}`),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function isSurvivor({ killedBy, exempt }: Verdict): boolean {
  return killedBy === null && exempt === null;
}

function lineOf(verdict: Verdict): string {
  const end = isSurvivor(verdict) ? 'SURVIVED' : (verdict.killedBy ?? `not needed: ${verdict.exempt}`);
  return `${verdict.site.padEnd(38)} ${verdict.removed.slice(0, 90).padEnd(90)} ${end}`;
}

async function judge(copy: string, site: SyncSite, sound: ReadonlySet<string>): Promise<Verdict> {
  const verdict = { site: `${site.file}:${site.line}`, removed: site.text };
  const exempt = EXEMPT[`${site.file} ${site.text}`];
  if (exempt !== undefined) return { ...verdict, killedBy: null, exempt };
  const path = join(copy, site.file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, site.mutated);
  try {
    for (const witness of [...WITNESSES[roomOf(site)], ...LAST_WITNESSES].filter((name) => sound.has(name))) {
      const failed = await failedTest(copy, witness);
      if (failed !== undefined) return { ...verdict, killedBy: failed, exempt: null };
    }
    return { ...verdict, killedBy: null, exempt: null };
  } finally {
    writeFileSync(path, original);
  }
}

function roomOf({ file }: SyncSite): Room {
  return file.split('/')[1] as Room;
}

/** A test that fails by itself would kill everything. */
async function findSound(copy: string, rooms: ReadonlySet<Room>) {
  const found: { witness: string; failed: string | undefined }[] = [];
  for (const witness of new Set([...[...rooms].flatMap((room) => WITNESSES[room]), ...LAST_WITNESSES]))
    found.push({ witness, failed: await failedTest(copy, witness) });
  return found;
}

function requireExemptionsUsed(sites: readonly SyncSite[]): void {
  const found = new Set(sites.map(({ file, text }) => `${file} ${text}`));
  const stale = Object.keys(EXEMPT).filter((known) => !found.has(known));
  if (stale.length > 0) throw new Error(`These exemptions fit nothing any more: ${stale.join('; ')}.`);
}

/** The first test of a file that fails; undefined when all pass. */
async function failedTest(copy: string, witness: string): Promise<string | undefined> {
  const reportFile = join(copy, 'report.json');
  rmSync(reportFile, { force: true });
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', witness, '--bail', '1', '--reporter', 'json', '--outputFile', reportFile];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: 'ignore' });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code === 0) return undefined;
  const name = basename(witness, '.test.ts');
  try {
    const { testResults } = JSON.parse(readFileSync(reportFile, 'utf8')) as {
      testResults: { assertionResults: { status: string; title: string }[] }[];
    };
    const failed = testResults
      .flatMap((file) => file.assertionResults)
      .find(({ status }) => status === 'failed');
    return `${name}: ${failed?.title ?? 'could not be run'}`;
  } catch {
    return `${name}: ended without a report`;
  }
}
