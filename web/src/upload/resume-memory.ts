/** Remembers where the upload of a file was begun, so that the same file chosen again goes on from there. */
export interface ResumeMemory {
  find(file: File): string | null;
  keep(file: File, url: string): void;
  forget(file: File): void;
}

export function createResumeMemory(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
): ResumeMemory {
  const keyOf = (file: File) => `vrp-import:${file.size}:${file.lastModified}:${file.name}`;
  return {
    find: (file) => storage.getItem(keyOf(file)),
    keep(file, url) {
      try {
        storage.setItem(keyOf(file), url);
      } catch {
        // Storage is full or forbidden: the file would be sent from its start another time.
      }
    },
    forget: (file) => storage.removeItem(keyOf(file)),
  };
}
