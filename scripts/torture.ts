// The long runs: `npm run torture -- NAME [--seed N] [--seconds N] [--cuts N] [--only PART]`. Without a name it lists them.
import { parseArgs } from 'node:util';

interface TortureOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Ends the run after so many; only `seconds` ends it when not given. */
  readonly cuts: number | undefined;
  /** One of the parts of a run that has several; all when not given. */
  readonly only: string | undefined;
  /** How often something is killed, where that is what counts. */
  readonly kills: number | undefined;
  /** Id of one preset of recorders; all when not given. */
  readonly preset: string | undefined;
  /** Size of what the run makes for itself. */
  readonly count: number | undefined;
}

interface TortureRun {
  readonly about: string;
  /** Resolves to a report; whatever `broken` lists was promised and not kept. Modules are loaded when wanted. */
  readonly run: (options: TortureOptions) => Promise<{ readonly broken: readonly string[] }>;
}

const RUNS: Readonly<Record<string, TortureRun>> = {
  'uploads-kill': {
    about: 'kills and power cuts of a process that receives uploads: every acknowledged byte must be there',
    run: async (options) => (await import('../test/torture/uploads-kill.ts')).run(options),
  },
  'power-cut': {
    about: 'cuts the power of an XFS under a whole server: whatever was answered is there (root, --cuts N)',
    run: async (options) => (await import('../test/torture/power-cut.ts')).run(options),
  },
  'power-cut-ext4': {
    about: 'the same on ext4',
    run: async (options) =>
      (await import('../test/torture/power-cut.ts')).run({ ...options, fileSystem: 'ext4' }),
  },
  'sync-mutations': {
    about:
      'takes away each sync and journal record in turn: a test must notice (--only PART,PART of the paths)',
    run: async ({ only }) =>
      (await import('../test/torture/sync-mutations.ts')).run({
        only,
        onVerdict: (line) => console.log(line),
      }),
  },
  'sync-failures': {
    about:
      'the n-th sync of each thread of a whole house fails with EIO, for n = 1, 2, 3 … (takes no options)',
    run: async () => (await import('../test/torture/sync-failures.ts')).run({}),
  },
  'vrp-import-kill': {
    about:
      'kills `vrp import` up to 200 times, starting it again each time: every file once, none half there',
    run: async (options) => (await import('../test/torture/vrp-import-kill.ts')).run(options),
  },
  'postgres-kill': {
    about:
      'two programs write into one PostgreSQL while it and they are killed: every acknowledged write once',
    run: async ({ seconds }) => (await import('../test/torture/postgres-kill.ts')).run({ seconds }),
  },
  'two-servers': {
    about:
      'amends through two servers on one PostgreSQL while they and it are killed: every answered one once',
    run: async ({ seed, seconds }) => (await import('../test/torture/two-servers.ts')).run({ seed, seconds }),
  },
  'server-kill': {
    about:
      'kills the whole server up to 200 times under uploads: every acknowledged byte once, none half there',
    run: async (options) => (await import('../test/torture/server-kill.ts')).run(options),
  },
  'import-kill': {
    about: 'kills of a process that imports files: each is whole and catalogued once, or where it was',
    run: async (options) => (await import('../test/torture/import-kill.ts')).run(options),
  },
  'syscall-kills': {
    about:
      'kills an import, an upload and a completion (--only NAME) before and after every changing system call',
    run: async ({ only }) => {
      const { lineOf, run } = await import('../test/torture/syscall-kills.ts');
      const { calls, missed, broken } = await run({ only, onRow: (row) => console.log(lineOf(row)) });
      return { calls, missed, broken };
    },
  },
  'full-disk': {
    about:
      'fills a file system of 256 MB in mid-take, mid-import and under `vrp record` (root; --only take|import|record)',
    run: async ({ only }) => (await import('../test/torture/full-disk.ts')).run({ only }),
  },
  'purge-kill': {
    about:
      'kills a process that purges, at moments and before every changing system call: whole or gone, nothing else',
    run: async (options) => (await import('../test/torture/purge-kill.ts')).run(options),
  },
  jobs: {
    about:
      'kills those who run --count jobs (10,000) --kills times (100): each effect once, on both databases (--only sqlite|postgres)',
    run: async ({ only, ...options }) => {
      const { runOnPostgres, runOnSqlite } = await import('../test/torture/jobs.ts');
      const reports = [];
      if (only !== 'postgres') reports.push(await runOnSqlite(options));
      if (only !== 'sqlite') reports.push(await runOnPostgres(options));
      return {
        reports,
        broken: reports.flatMap(({ database, broken }) => broken.map((what) => `${database}: ${what}`)),
      };
    },
  },
  sessions: {
    about:
      '64 writers and readers; one of two processes is killed every 45 s, PostgreSQL every 30 s: no row lost or twice (--only)',
    run: async ({ seed, seconds, only }) => {
      const { runOnPostgres, runOnSqlite } = await import('../test/torture/sessions.ts');
      const reports = [];
      if (only !== 'postgres') reports.push(await runOnSqlite({ seed, seconds }));
      if (only !== 'sqlite') reports.push(await runOnPostgres({ seed, seconds }));
      return {
        reports,
        broken: reports.flatMap(({ database, broken }) => broken.map((what) => `${database}: ${what}`)),
      };
    },
  },
  prometheus: {
    about:
      'an installed Prometheus with the shipped rules scrapes a server; an alert fires and resolves (takes no options)',
    run: async () => (await import('../test/torture/prometheus.ts')).run(),
  },
  'many-recordings': {
    about:
      'rebuilds, compares and verifies a store of --count recordings (10,000): how much memory, how long a stall',
    run: async ({ seed, count }) => (await import('../test/torture/many-recordings.ts')).run({ seed, count }),
  },
  'many-uploads': {
    about:
      'kills a server with --count unfinished uploads (10,000): it starts at once, and each goes on where it stood',
    run: async ({ seed, count }) => (await import('../test/torture/many-uploads.ts')).run({ seed, count }),
  },
  'bit-flips': {
    about:
      'flips one bit in each of 200 of 400 stored files: `vrp verify` must name exactly those (takes no --seconds)',
    run: async ({ seed }) => (await import('../test/torture/bit-flips.ts')).run({ seed }),
  },
  'browser-kill': {
    about:
      'kills the browser in takes of 20 s: at most the last second is lost (--preset ID, --kills N of each)',
    run: async ({ seed, preset, kills = 10 }) =>
      (await import('../test/torture/browser-kill.ts')).run({ seed, preset, kills }),
  },
  'browser-asleep': {
    about:
      'stops a whole browser in mid-take as a shut laptop does, for --seconds: the take goes on, and tells',
    run: async (options) => (await import('../test/torture/browser-asleep.ts')).run(options),
  },
  'tab-hidden': {
    about: 'a take in a tab that is hidden for --seconds goes on as if it were seen (needs a screen)',
    run: async (options) => (await import('../test/torture/tab-hidden.ts')).run(options),
  },
  'microphone-unplugged': {
    about: 'pulls a real microphone out in mid-take and puts it back with another rate (needs PulseAudio)',
    run: async () => (await import('../test/torture/microphone-unplugged.ts')).run(),
  },
  'long-take': {
    about:
      'takes of two hours in a browser, fed faster than the clock: its memory stays as it was (--preset ID)',
    run: async ({ preset }) => (await import('../test/torture/long-take.ts')).run({ preset }),
  },
  'probe-mutations': {
    about:
      'flips, cuts, splices and repeats bytes of 40 files, 20,000 times: no probe or repair crashes, hangs or swells (--seed)',
    run: async ({ seed }) =>
      (await import('../test/torture/probe-mutations.ts')).run({ seed, count: 20_000 }),
  },
  'measure-corpus': {
    about:
      'the audio checksum and loudness of all files of the corpus are those the ffmpeg program prints (no options)',
    run: async ({ seed }) => (await import('../test/torture/measure-corpus.ts')).run({ seed }),
  },
  'tus-client': {
    about:
      'a foreign tus client sends 1 GB through cut connections: it must arrive whole (takes no --seconds)',
    run: async ({ seed }) => {
      const report = await (await import('../test/torture/tus-client.ts')).run({ seed });
      const isWhole = report.sentChecksum === report.storedChecksum;
      return { ...report, broken: isWhole ? [] : ['the stored file is not the one that was sent'] };
    },
  },
};

const DEFAULT_SECONDS = 60;
const LONGEST_SECONDS = 24 * 60 * 60;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string' },
    cuts: { type: 'string' },
    only: { type: 'string' },
    kills: { type: 'string' },
    preset: { type: 'string' },
    count: { type: 'string' },
  },
});
const name = positionals[0];
const torture = name === undefined ? undefined : RUNS[name];
if (name === undefined || !torture) {
  if (name !== undefined) console.error(`There is no long run named "${name}".`);
  console.log('npm run torture -- NAME [--seed N] [--seconds N] [--cuts N] [--only PART]\n');
  for (const [known, { about }] of Object.entries(RUNS)) console.log(`  ${known.padEnd(16)} ${about}`);
  process.exit(name === undefined ? 0 : 2);
}

const seed = readWhole('seed', values.seed ?? String(Date.now() % 1_000_000_000));
const cuts = values.cuts === undefined ? undefined : readWhole('cuts', values.cuts);
// A run that counts its cuts ends with the last of them.
const secondsWhenNotGiven = cuts === undefined ? DEFAULT_SECONDS : LONGEST_SECONDS;
const seconds = readWhole('seconds', values.seconds ?? String(secondsWhenNotGiven));
// First of all, so that a run that dies can be repeated.
console.log(`${name} --seed ${seed} --seconds ${seconds}${cuts === undefined ? '' : ` --cuts ${cuts}`}`);
const kills = values.kills === undefined ? undefined : readWhole('kills', values.kills);
const count = values.count === undefined ? undefined : readWhole('count', values.count);
const { only, preset } = values;
const report = await torture.run({ seed, seconds, cuts, only, kills, preset, count });
console.log(JSON.stringify(report, null, 2));
const brokenCount = report.broken.length;
console.log(brokenCount === 0 ? 'Every promise was kept.' : `BROKEN PROMISES: ${brokenCount}`);
process.exitCode = brokenCount === 0 ? 0 : 1;

function readWhole(option: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  console.error(`--${option}: expected a whole number, found "${text}".`);
  process.exit(2);
}
