import { readdir, readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { MemoryReading, OpenFilesReading } from './checks/process.ts';

const CGROUP = '/sys/fs/cgroup';

/**
 * Memory of the container against its limit (cgroup v2), else of this machine. What the kernel keeps of files for
 * later counts as free.
 */
export async function readMemory(): Promise<MemoryReading> {
  const limit = await readText(`${CGROUP}/memory.max`);
  if (limit !== undefined && /^\d+$/.test(limit)) {
    const used = Number(await readText(`${CGROUP}/memory.current`));
    const inactive = /^inactive_file (\d+)$/m.exec((await readText(`${CGROUP}/memory.stat`)) ?? '')?.[1];
    if (Number.isFinite(used))
      return { usedBytes: Math.max(0, used - Number(inactive ?? 0)), limitBytes: Number(limit) };
  }
  const meminfo = await readText('/proc/meminfo');
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo ?? '')?.[1];
  const limitBytes = totalmem();
  const usedBytes =
    available === undefined ? process.memoryUsage.rss() : limitBytes - Number(available) * 1024;
  return { usedBytes, limitBytes };
}

/** Undefined where the system does not tell. */
export async function readOpenFiles(): Promise<OpenFilesReading | undefined> {
  const limits = await readText('/proc/self/limits');
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1]);
  const names = await readdir('/proc/self/fd').catch(() => undefined);
  return names === undefined || !Number.isFinite(limit) ? undefined : { openCount: names.length, limit };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined;
  }
}
