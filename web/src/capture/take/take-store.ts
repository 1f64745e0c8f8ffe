import { isId } from '../../../../src/model/id.ts';
import { openSyncHandle } from './opfs-handle.ts';
import type { ManifestSlots } from './take-manifest.ts';

/** Where takes lie in this browser: `/takes/<takeId>/`, one folder for each. */
async function takesFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle('takes', { create: true });
}

/** Ids of all takes with a folder, oldest first (ids begin with their time). */
export async function listTakeIds(): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const name of namesIn(await takesFolder())) if (isId(name)) ids.push(name);
  return ids.sort();
}

export async function openTakeFolder(
  takeId: string,
  options: { create: boolean } = { create: true },
): Promise<FileSystemDirectoryHandle> {
  return (await takesFolder()).getDirectoryHandle(takeId, options);
}

export async function removeTakeFolder(takeId: string): Promise<void> {
  const folder = await takesFolder();
  try {
    await folder.removeEntry(takeId, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

export async function removeFile(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await folder.removeEntry(name);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The audio files of a take's folder, in the order of their segments. */
export async function listSegmentFiles(
  folder: FileSystemDirectoryHandle,
): Promise<readonly { filename: string; segment: number }[]> {
  const files: { filename: string; segment: number }[] = [];
  for await (const filename of namesIn(folder)) {
    const number = /^segment-(\d+)\.(?:ogg|flac)$/.exec(filename)?.[1];
    if (number !== undefined) files.push({ filename, segment: Number(number) });
  }
  return files.sort((a, b) => a.segment - b.segment);
}

/** A file of `folder` to read or save elsewhere; undefined when there is none. */
export async function findFile(folder: FileSystemDirectoryHandle, name: string): Promise<File | undefined> {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** `take.0.json` and `take.1.json`, written in turn. `folder` is asked anew each time: a sent take's one is gone. */
export function manifestSlots(folder: () => Promise<FileSystemDirectoryHandle>): ManifestSlots {
  const nameOf = (slot: number) => `take.${slot}.json`;
  return {
    async read(slot) {
      return (await findFile(await folder(), nameOf(slot)))?.text();
    },
    async write(slot, text) {
      const handle = await openSyncHandle(await folder(), nameOf(slot), { create: true });
      try {
        const bytes = new TextEncoder().encode(text);
        handle.truncate(0);
        const written = handle.write(bytes, { at: 0 });
        if (written !== bytes.length) {
          throw new Error(
            `Only ${written} of ${bytes.length} bytes of a take's description could be written.`,
          );
        }
        handle.flush();
      } finally {
        handle.close();
      }
    },
  };
}

function namesIn(folder: FileSystemDirectoryHandle): AsyncIterable<string> {
  return (folder as FileSystemDirectoryHandle & { keys(): AsyncIterable<string> }).keys();
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
