import type { Command } from 'commander';
import type { Cli } from './cli.ts';

/** One command: its line in the help, and the module that is loaded only when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<{ register(program: Command, cli: Cli): void }>;
}

const SERVER = 'Server:';
const LIBRARY = 'Library:';
const FILES = 'Files and care:';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'start',
    group: SERVER,
    summary: 'start the server and the web recorder',
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'token',
    group: SERVER,
    summary: "print the owner's token; add, list and revoke others",
    load: () => import('./commands/token.ts'),
  },
  {
    name: 'config',
    group: SERVER,
    summary: 'show the settings in force, or check them',
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'health',
    group: SERVER,
    summary: 'say how the store and the server are, check by check',
    load: () => import('./commands/health.ts'),
  },
  {
    name: 'doctor',
    group: SERVER,
    summary: 'collect what a report of a bug needs in one file',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'jobs',
    group: SERVER,
    summary: 'see the work in the background, try it again or cancel it',
    load: () => import('./commands/jobs.ts'),
  },
  {
    name: 'import',
    group: LIBRARY,
    summary: 'bring audio files into the library',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'record',
    group: LIBRARY,
    summary: 'record from a microphone or line-in of this machine',
    load: () => import('./commands/record.ts'),
  },
  {
    name: 'list',
    group: LIBRARY,
    summary: 'list or search recordings, newest first',
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'info',
    group: LIBRARY,
    summary: 'show everything known about one recording',
    load: () => import('./commands/info.ts'),
  },
  {
    name: 'edit-info',
    group: LIBRARY,
    summary: 'change title, tags or notes of a recording',
    load: () => import('./commands/edit-info.ts'),
  },
  {
    name: 'collections',
    group: LIBRARY,
    summary: 'keep recordings together under names',
    load: () => import('./commands/collections.ts'),
  },
  {
    name: 'remove',
    group: LIBRARY,
    summary: 'put recordings into the trash',
    load: () => import('./commands/remove.ts'),
  },
  {
    name: 'trash',
    group: LIBRARY,
    summary: 'list the trash, or take recordings out of it',
    load: () => import('./commands/trash.ts'),
  },
  {
    name: 'purge',
    group: LIBRARY,
    summary: 'remove recordings for good',
    load: () => import('./commands/purge.ts'),
  },
  {
    name: 'probe',
    group: FILES,
    summary: 'describe an audio file without importing it',
    load: () => import('./commands/probe.ts'),
  },
  {
    name: 'verify',
    group: FILES,
    summary: 'read recordings again: is each still what was received?',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'repair',
    group: FILES,
    summary: 'put faulty recordings right, each in a new one',
    load: () => import('./commands/repair.ts'),
  },
  {
    name: 'manifest',
    group: FILES,
    summary: 'write SHA256SUMS, so that anybody can check every file',
    load: () => import('./commands/manifest.ts'),
  },
  {
    name: 'rebuild',
    group: FILES,
    summary: 'make the catalogue anew from files and sidecars',
    load: () => import('./commands/rebuild.ts'),
  },
  {
    name: 'storage',
    group: FILES,
    summary: 'show what is kept, what still fits, and for how long',
    load: () => import('./commands/storage.ts'),
  },
  {
    name: 'database',
    group: FILES,
    summary: 'copy the catalogue between SQLite and PostgreSQL',
    load: () => import('./commands/database.ts'),
  },
  {
    name: 'targets',
    group: FILES,
    summary: 'say where copies of recordings go, and how they stand',
    load: () => import('./commands/targets.ts'),
  },
  {
    name: 'sync',
    group: FILES,
    summary: 'send copies to the targets and verify them there',
    load: () => import('./commands/sync.ts'),
  },
  {
    name: 'restore',
    group: FILES,
    summary: 'bring a library back from a target',
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'backup',
    group: FILES,
    summary: 'make a checked snapshot of the catalogue',
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore-backup',
    group: FILES,
    summary: 'put a snapshot of the catalogue back',
    load: () => import('./commands/restore-backup.ts'),
  },
  {
    name: 'cleanup',
    group: FILES,
    summary: 'say what could go to make room, and let it go',
    load: () => import('./commands/cleanup.ts'),
  },
  {
    name: 'crashtest',
    group: FILES,
    summary: 'see for yourself that nothing acknowledged is lost here',
    load: () => import('./commands/crashtest.ts'),
  },
];
