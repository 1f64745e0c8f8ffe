import { stat } from 'node:fs/promises';
import { VoiceRecorderError } from '../model/failure.ts';
import { judgeDatabase, newestOf } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { DirectReading } from './sqlite/direct-reading.ts';
import { quickCheck } from './sqlite/sqlite-maintenance.ts';

/**
 * Opens the database at `file`, in the calling thread, and checks that it is a whole catalogue which this program can
 * use. Rejects with `file-missing`, `catalogue-damaged` or `catalogue-too-new`.
 */
export async function checkSnapshot(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new VoiceRecorderError('file-missing', `There is no snapshot ${file}.`);
  const reading = new DirectReading(file);
  try {
    const inspection = await reading.inspect();
    judgeDatabase(file, inspection, newestOf(MIGRATIONS));
    if (inspection.tableCount === 0) throw damaged(file, 'it is empty');
  } finally {
    await reading.close();
  }
  const verdict = quickCheck(file);
  if (verdict !== 'ok') throw damaged(file, verdict);
}

function damaged(file: string, why: string): VoiceRecorderError {
  return new VoiceRecorderError('catalogue-damaged', `The snapshot ${file} cannot be used: ${why}.`);
}
