import type { PostgresSettings } from '../database/postgres/connection-settings.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import { WorkerPool } from '../threads/worker-pool.ts';

export interface SnapshotRequest {
  readonly postgres: PostgresSettings;
  readonly target: string;
}

/**
 * Writes the catalogue of a PostgreSQL database into a SQLite file at `target`, in a thread of its own. Rejects with
 * `copy-differs` or `disk-full`.
 */
export async function snapshotByCopy(request: SnapshotRequest): Promise<void> {
  assertOutsideWriteSession(`A snapshot at ${request.target}`);
  const pool = new WorkerPool<SnapshotRequest>(siblingModule(import.meta.url, 'snapshot-worker'), {
    name: 'snapshot',
    size: 1,
  });
  try {
    await pool.run(request);
  } finally {
    await pool.close();
  }
}
