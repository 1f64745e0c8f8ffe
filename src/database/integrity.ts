import { siblingModule } from '../model/sibling-module.ts';
import { WorkerPool } from '../threads/worker-pool.ts';

export interface IntegrityRequest {
  readonly file: string;
  /** `quick`: every page. `full`: that the indexes say the same too. `snapshot`: every page, and that it is a catalogue. */
  readonly depth: 'quick' | 'full' | 'snapshot';
}

/**
 * Reads a whole SQLite file in a thread of its own, others may write to it meanwhile: `ok`, or the first faults that
 * were found. For a snapshot rejects with `file-missing`, `catalogue-damaged` or `catalogue-too-new`; with
 * `interrupted` when `signal` ends it.
 */
export async function readThrough(request: IntegrityRequest, signal: AbortSignal): Promise<string> {
  const entry = siblingModule(import.meta.url, 'sqlite/integrity-worker');
  const pool = new WorkerPool<IntegrityRequest>(entry, { name: 'integrity', size: 1 });
  const end = () => void pool.close();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await pool.run<string>(request);
  } finally {
    signal.removeEventListener('abort', end);
    await pool.close();
  }
}
