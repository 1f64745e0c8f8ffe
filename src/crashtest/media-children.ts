import { readdirSync, readFileSync } from 'node:fs';

/** True where the children of a process can be found. */
export const canFindChildren = process.platform === 'linux';

/** Process ids of the media children of the server `parentId`; none outside of Linux. */
export function findMediaChildren(parentId: number): number[] {
  if (!canFindChildren) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => parentOf(id) === parentId && readOrEmpty(`/proc/${id}/cmdline`).includes('media-child'));
}

function parentOf(id: number): number | undefined {
  const stat = readOrEmpty(`/proc/${id}/stat`);
  // proc(5): "pid (name) state ppid …", and the name may hold anything.
  const found = /^ \S+ (\d+)/.exec(stat.slice(stat.lastIndexOf(')') + 1));
  return found?.[1] === undefined ? undefined : Number(found[1]);
}

/** A process may end between being listed and being read. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
