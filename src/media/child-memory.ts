import { readFile } from 'node:fs/promises';

const PAGE_BYTES = 4096;

/**
 * Resident memory of another process in bytes; undefined where the system does not tell (no `/proc`, or it ended).
 * There the heap limit of the child is the only bound.
 */
export async function readResidentBytes(processId: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const fields = (await readFile(`/proc/${processId}/statm`, 'latin1')).split(' ');
    const pages = Number(fields[1]);
    return Number.isFinite(pages) ? pages * PAGE_BYTES : undefined;
  } catch {
    return undefined;
  }
}
