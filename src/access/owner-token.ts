import { randomUUID } from 'node:crypto';
import { chmod, link, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { makeFolderDurably, syncFolder } from '../durable/folder.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { isToken, newToken } from './secret.ts';

const TRIES_WHILE_WRITTEN = 20;
const RETRY_DELAY_MS = 50;

export function ownerTokenFile(stateFolder: string, storeId: string): string {
  return join(stateFolder, 'stores', storeId, 'owner-token');
}

/**
 * The owner's token of a store, made on first use. Processes that ask at the same time get the same one.
 * Rejects with `config-invalid` when the file holds something else, `store-not-writable` when it cannot be kept.
 */
export async function readOrMakeOwnerToken(stateFolder: string, storeId: string): Promise<string> {
  const file = ownerTokenFile(stateFolder, storeId);
  if (!(await exists(file))) await makeToken(file);
  return readToken(file);
}

async function makeToken(file: string): Promise<void> {
  try {
    await makeFolderDurably(dirname(file));
    await makeExclusively(file, `${newToken()}\n`);
  } catch (cause) {
    throw new VoiceRecorderError(
      'store-not-writable',
      `The owner token ${file} cannot be kept: ${String(cause)}.`,
      {
        cause,
      },
    );
  }
}

async function readToken(file: string): Promise<string> {
  for (let attempt = 0; attempt < TRIES_WHILE_WRITTEN; attempt++) {
    const token = (await readFile(file, 'utf8')).trim();
    if (isToken(token)) {
      if (process.platform !== 'win32') await closeToOthers(file);
      return token;
    }
    // Where there are no hard links another process may be writing it right now.
    await wait(RETRY_DELAY_MS);
  }
  throw new VoiceRecorderError(
    'config-invalid',
    `${file} does not hold an owner token (expected "vrp_" and 43 characters). Remove it to have a new one made.`,
  );
}

async function closeToOthers(file: string): Promise<void> {
  if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
}

/** The complete file appears at once, or not at all when another process was first. */
async function makeExclusively(file: string, content: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeDurably(temporary, content);
  try {
    await link(temporary, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
    // No hard links here: whoever creates the file writes it, the others wait in readToken.
    await writeDurably(file, content).catch((cause: unknown) => {
      if (codeOf(cause) !== 'EEXIST') throw cause;
    });
  } finally {
    await unlink(temporary);
    await syncFolder(dirname(file));
  }
}

async function writeDurably(file: string, content: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
