import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recording } from '../../src/model/recording.ts';

export interface StoreVerdict {
  /** Files that are not byte for byte what their row says. */
  readonly wrongFiles: readonly string[];
  /** Files under `raw/` that no recording names. */
  readonly orphans: readonly string[];
  /** Spool folders that hold bytes; ones whose creation was never answered are empty. */
  readonly leftInSpool: readonly string[];
}

/** Looks at every byte of a store that nobody has open. */
export async function judgeStore(dataDir: string, recordings: readonly Recording[]): Promise<StoreVerdict> {
  const wrongFiles: string[] = [];
  for (const { storedFilename, checksum } of recordings) {
    const bytes = await readFile(join(dataDir, storedFilename));
    const stored = createHash('sha256').update(bytes).digest('hex');
    if (stored !== checksum) wrongFiles.push(`${storedFilename} has ${stored}, not ${checksum}`);
  }
  const named = new Set(
    recordings.flatMap(({ storedFilename }) => [storedFilename, storedFilename.replace(/\.\w+$/, '.json')]),
  );
  const lying = await readdir(join(dataDir, 'raw'), { recursive: true, withFileTypes: true });
  return {
    wrongFiles,
    orphans: lying
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1))
      .filter((path) => !named.has(path)),
    leftInSpool: await spooledWithBytes(join(dataDir, 'spool')),
  };
}

async function spooledWithBytes(spool: string): Promise<string[]> {
  const names = await readdir(spool);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(spool, name, 'data')).catch(() => undefined))?.size ?? 0),
  );
  return names.filter((_, index) => (sizes[index] ?? 0) > 0);
}
