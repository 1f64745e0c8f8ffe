import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from '../durable/folder-names.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { counted } from '../model/format.ts';
import type { Cleaner } from './cleaner.ts';

/** `before-<schema>-<stamp>.sqlite`: taken before each change of the schema; the stamp orders them. */
const BEFORE_MIGRATION = /^before-\d+-(\d{8}T\d{6}Z)\.sqlite$/;

/** Snapshots of the catalogue from before earlier upgrades; the newest one stays. Daily ones have a rotation. */
export function snapshotCleaner(desk: { readonly backupPath: string }): Cleaner {
  return {
    kind: 'snapshots',
    risk: 'low',
    describe: (count) =>
      `${counted(count, 'snapshot')} of the catalogue from before earlier upgrades. The newest one stays.`,
    async *find() {
      const names = await namesIn(desk.backupPath).catch((cause: unknown) => {
        const message = `The folder ${desk.backupPath} cannot be read.`;
        throw new VoiceRecorderError('storage-failed', message, { cause });
      });
      const snapshots = names
        .flatMap((name) => {
          const stamp = BEFORE_MIGRATION.exec(name)?.[1];
          return stamp === undefined ? [] : [{ name, stamp }];
        })
        .sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
      for (const { name } of snapshots.slice(0, -1)) {
        const found = await lstat(join(desk.backupPath, name)).catch(() => undefined);
        if (found?.isFile()) yield { name: `backup/${name}`, bytes: found.size, id: null };
      }
    },
    remove: async ({ name, bytes }) => {
      try {
        await rm(join(desk.backupPath, name.slice('backup/'.length)), { force: true });
        return bytes;
      } catch (cause) {
        throw new VoiceRecorderError('storage-failed', `The snapshot ${name} could not be removed.`, {
          cause,
        });
      }
    },
  };
}
