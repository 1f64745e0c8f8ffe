import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSnapshot } from '../../src/database/check-snapshot.ts';
import { FAILURES } from '../../src/model/failure.ts';
import type { Recording } from '../../src/model/recording.ts';
import { tombstoneKey } from '../../src/model/tombstone.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { canTrace } from '../count-syncs.ts';
import type { SyncFailureLine } from './sync-failures-child.ts';

/*
 * Lets the kernel answer EIO to the n-th sync of every thread of a whole house, for n = 1, 2, 3 …: of data, journal,
 * folder, sidecar, database, fixity log, snapshot, tombstone. Each refusal must have a name and be over at the next try, and whatever was answered
 * must be there when the store is opened again.
 */

export interface SyncFailureReport {
  readonly rounds: number;
  /** Syncs that failed. */
  readonly failures: number;
  /** What they were for, each once. */
  readonly places: readonly string[];
  /** What failed, and how it was told, each once. */
  readonly refusals: readonly string[];
  readonly broken: readonly string[];
}

const childPath = fileURLToPath(new URL('./sync-failures-child.ts', import.meta.url));
const LAST_ROUND = 200;

/** Ends with the first round in which no thread had so many syncs, unless `rounds` names some. */
export async function run(options: { readonly rounds?: readonly number[] }): Promise<SyncFailureReport> {
  if (!canTrace) throw new Error('No sync was failed: strace is missing.');
  const rounds = options.rounds ?? Array.from({ length: LAST_ROUND }, (_, index) => index + 1);
  const broken: string[] = [];
  const refusals = new Set<string>();
  const places = new Set<string>();
  let failures = 0;
  let done = 0;
  // Started often, the child is compiled once.
  const compiled = mkdtempSync(join(tmpdir(), 'vrp-eio-compiled-'));
  for (const round of rounds) {
    const root = mkdtempSync(join(tmpdir(), 'vrp-eio-'));
    try {
      const life = live(root, round, compiled);
      done++;
      failures += life.injected.length;
      for (const place of life.injected) places.add(nameOf(place));
      for (const { step, code } of life.lines.filter((line) => line.kind === 'refused')) {
        refusals.add(`${step}: ${code}`);
        if (!Object.hasOwn(FAILURES, code))
          broken.push(`round ${round}: ${step} was refused without a name: ${code}`);
      }
      if (!life.lines.some(({ kind }) => kind === 'done' || kind === 'gave-up'))
        broken.push(`round ${round} did not get to its end (${life.injected.join(', ')}): ${life.complaint}`);
      else broken.push(...(await judge(root, life.lines)).map((sentence) => `round ${round}: ${sentence}`));
      if (life.injected.length === 0) break;
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  rmSync(compiled, { recursive: true, force: true });
  return { rounds: done, failures, places: [...places].sort(), refusals: [...refusals].sort(), broken };
}

/** Without what differs in each life. */
function nameOf(place: string): string {
  return place
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{8}T\d{6}(?:\.\d+)?Z/g, '<time>')
    .replaceAll(/\b20\d\d(?:\/[01]\d)?\b/g, '<date>');
}

/** One thread does all file work, so that the n-th sync is one of its kind and not four. */
function live(root: string, round: number, compiled: string) {
  const trace = join(root, 'trace');
  const inject = `inject=fsync,fdatasync:error=EIO:when=${round}`;
  const args = ['-f', '-y', '-e', 'trace=fsync,fdatasync', '-e', inject, '-o', trace];
  const { stdout, stderr } = spawnSync('strace', [...args, process.execPath, childPath, root], {
    encoding: 'utf8',
    env: { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0', NODE_COMPILE_CACHE: compiled },
  });
  const lines = stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as SyncFailureLine);
  const injected = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes('(INJECTED)'))
    .map((line) => /(fsync|fdatasync)\(\d+<([^>]*)>/.exec(line)?.[2]?.slice(root.length + 1) ?? line);
  return { lines, injected, complaint: stderr.slice(-1000) };
}

async function judge(root: string, lines: readonly SyncFailureLine[]): Promise<string[]> {
  const broken = await judgeStore(root, lines, false);
  if (!lines.some(({ kind }) => kind === 'rebuilt')) return broken;
  const again = await judgeStore(join(root, 'copy'), lines, true);
  return [...broken, ...again.map((sentence) => `rebuilt: ${sentence}`)];
}

async function judgeStore(
  root: string,
  lines: readonly SyncFailureLine[],
  isRebuilt: boolean,
): Promise<string[]> {
  const broken: string[] = [];
  const dataDir = join(root, 'data');
  const house = await openVoiceRecorder({
    environment: 'testing',
    dataDir,
    overrides: { stateDir: join(root, 'state'), enableDiskSpaceCheck: false },
    runsJobs: false,
  });
  const idsOf = (wanted: SyncFailureLine['kind']) =>
    lines.flatMap((line) => (line.kind === wanted && 'id' in line ? [line.id] : []));
  // Its purge was not answered: where the catalogue is lost before the next start, it may be there again.
  const uncertain = new Set(isRebuilt ? idsOf('forgotten') : []);
  const purged = new Set([...idsOf('purged'), ...idsOf('forgotten')].filter((id) => !uncertain.has(id)));
  try {
    for (const line of lines) {
      if (line.kind === 'token' && !isRebuilt && !(await house.access.findActorByToken(line.secret)))
        broken.push('a token that was given is not known');
      if (line.kind === 'snapshot') {
        await checkSnapshot(join(dataDir, 'backup', line.name)).catch((error: Error) =>
          broken.push(error.message),
        );
      }
      if (line.kind === 'rebuilt' && isRebuilt) {
        const kept = join(dataDir, 'quarantine', line.unreadable);
        if (!existsSync(kept) || readFileSync(kept, 'utf8') !== 'No sidecar any more.')
          broken.push(`${line.unreadable} is not kept in quarantine`);
      }
      if (!('id' in line) || uncertain.has(line.id)) continue;
      const recording = await house.library.find(line.id);
      if (purged.has(line.id)) {
        if (recording !== undefined) broken.push(`${line.id} was purged and is there`);
        if (!existsSync(join(dataDir, tombstoneKey(line.id)))) broken.push(`${line.id} has no tombstone`);
        continue;
      }
      if (recording === undefined) broken.push(`${line.kind} ${line.id} is not in the catalogue`);
      else broken.push(...judgeOne(dataDir, recording, line, isRebuilt));
    }
    const items = (await house.library.list({ limit: 500 })).items.filter(({ id }) => !uncertain.has(id));
    const isExpected = (id: string) => !purged.has(id) && !uncertain.has(id);
    const ids = new Set(lines.flatMap((line) => ('id' in line && isExpected(line.id) ? [line.id] : [])));
    if (items.length !== ids.size) broken.push(`there are ${items.length} recordings, not ${ids.size}`);
    const checksums = new Set(items.map(({ checksum }) => checksum));
    if (checksums.size !== items.length) broken.push('the same bytes are catalogued twice');
    for (const { storedFilename, checksum } of items)
      if (sha256(join(dataDir, storedFilename)) !== checksum)
        broken.push(`${storedFilename} has other bytes`);
  } finally {
    await house.close();
  }
  const left = readdirSync(join(dataDir, 'spool'));
  if (left.length > 0) broken.push(`the spool still holds ${left.join(', ')}`);
  return broken;
}

function judgeOne(
  dataDir: string,
  recording: Recording,
  line: SyncFailureLine,
  isRebuilt: boolean,
): string[] {
  const { id } = recording;
  if (line.kind === 'titled' && recording.title !== line.title) return [`${id} lost its title`];
  if ('checksum' in line && recording.checksum !== line.checksum)
    return [`${line.kind} ${id} has other bytes`];
  if (line.kind !== 'checked') return [];
  const log = readFileSync(join(dataDir, 'fixity', `${line.checkedAt.slice(0, 4)}.csv`), 'utf8');
  const isLogged = log.split('\n').some((entry) => entry.startsWith(`${line.checkedAt},fixity check,${id},`));
  return [
    ...(isLogged ? [] : [`the check of ${id} is not in the log`]),
    // What a sidecar says of it was true when it was written.
    ...(isRebuilt || (recording.lastVerifiedAt ?? '') >= line.checkedAt
      ? []
      : [`the check of ${id} is not in the catalogue`]),
  ];
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
