import { readdir } from 'node:fs/promises';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';

/** The names in a folder; none when it does not exist. Rejects with the system's error. */
export async function namesIn(path: string): Promise<string[]> {
  assertOutsideWriteSession(`Reading ${path}`);
  try {
    return await readdir(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
