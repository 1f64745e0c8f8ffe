/** The synchronous file access that dedicated workers have to their origin's private file system. */
export interface SyncAccessHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(sizeBytes: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

interface SyncFileHandle {
  createSyncAccessHandle?: () => Promise<SyncAccessHandle>;
}

const ATTEMPTS = 20;
const ATTEMPT_PAUSE_MS = 100;

/** Opens a file for this worker alone. A worker that has just been ended may hold it for a moment yet. */
export async function openSyncHandle(
  folder: FileSystemDirectoryHandle,
  name: string,
  options: { create: boolean },
): Promise<SyncAccessHandle> {
  const file = (await folder.getFileHandle(name, options)) as SyncFileHandle;
  if (!file.createSyncAccessHandle)
    throw new Error('This browser has no synchronous access to its private files.');
  for (let attempt = 1; ; attempt++) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      const isHeld = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!isHeld || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_PAUSE_MS));
    }
  }
}
