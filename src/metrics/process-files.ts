import { readdir, readFile } from 'node:fs/promises';

/** Descriptors that the process holds, and how many it may hold. */
export interface OpenFiles {
  readonly open: number;
  /** Null: no limit. */
  readonly limit: number | null;
}

/** Undefined where the system does not tell: only Linux does. */
export async function readOpenFiles(): Promise<OpenFiles | undefined> {
  try {
    const [names, limits] = await Promise.all([
      readdir('/proc/self/fd'),
      readFile('/proc/self/limits', 'utf8'),
    ]);
    const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
    return { open: names.length, limit: soft === undefined || soft === 'unlimited' ? null : Number(soft) };
  } catch {
    return undefined;
  }
}
