import type { StorageConfig } from '../config/storage-config.ts';
import { VoiceRecorderError } from '../model/failure.ts';

/** Rejects with `invalid-input` where the catalogue is in PostgreSQL, for what works on a SQLite file. */
export function requireSqlite({ database }: StorageConfig, command: string): void {
  if (database.kind === 'sqlite') return;
  throw new VoiceRecorderError(
    'invalid-input',
    `"${command}" works on a SQLite catalogue, and this store has its own in ${database.url}. ` +
      'Save it with pg_dump and bring it back with pg_restore.',
  );
}
