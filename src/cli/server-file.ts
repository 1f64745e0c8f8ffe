import { chmod, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toIsoUtc } from '../model/clock.ts';

/**
 * How other commands find the server that has a store open: `stores/<storeId>/server.json` in the state folder,
 * written once it listens, removed at a clean stop. After a crash it is left over: believe it only when the process lives.
 */
export interface ServerNote {
  readonly baseUrl: string;
  readonly pid: number;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** PEM certificate that the server shows; the only one a client here accepts. Null without TLS. */
  readonly tlsCert: string | null;
}

const fileOf = (stateDir: string, storeId: string) => join(stateDir, 'stores', storeId, 'server.json');

/** Leaves the note, and resolves to a function that takes it away again. */
export async function leaveServerNote(
  stateDir: string,
  storeId: string,
  server: { baseUrl: string; tlsCert: string | null },
): Promise<() => Promise<void>> {
  const file = fileOf(stateDir, storeId);
  const note: ServerNote = { ...server, pid: process.pid, startedAt: toIsoUtc(Date.now()) };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, file);
  return async () => {
    const current = await readServerNote(stateDir, storeId);
    if (current?.pid === process.pid) await unlink(file);
  };
}

/** The note of a process that still lives; undefined when there is none or it is left over. */
export async function readServerNote(stateDir: string, storeId: string): Promise<ServerNote | undefined> {
  let note: Partial<ServerNote> | null;
  try {
    note = JSON.parse(await readFile(fileOf(stateDir, storeId), 'utf8')) as Partial<ServerNote> | null;
  } catch {
    // Not there, or a leftover of another kind: then nothing is known of a server.
    return undefined;
  }
  if (typeof note?.baseUrl !== 'string' || !URL.canParse(note.baseUrl)) return undefined;
  if (typeof note.pid !== 'number' || !isAlive(note.pid)) return undefined;
  return {
    baseUrl: note.baseUrl,
    pid: note.pid,
    startedAt: String(note.startedAt),
    tlsCert: typeof note.tlsCert === 'string' ? note.tlsCert : null,
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
