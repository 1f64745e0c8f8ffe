import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, lstat, open, stat, unlink } from 'node:fs/promises';
import { toIsoUtc } from '../model/clock.ts';
import type { Sha256Hex } from '../model/digest.ts';
import { type FailureCode, VoiceRecorderError } from '../model/failure.ts';

/** A person's file, read once from front to back and hashed on the way. */
export interface SourceFile {
  readonly sizeBytes: number;
  /** Date of last change, ISO 8601 UTC. */
  readonly changedAt: string;
  /** The next bytes, in memory that is used again at the next call; empty at the end. */
  read(): Promise<Uint8Array>;
  /** SHA-256 of all that was read. Rejects with `file-changed-while-reading`. */
  finish(): Promise<Sha256Hex>;
  /**
   * Removes the file if it is still the very same one, and not the stored copy at `keptPath` under another name.
   * Rejects with `file-changed-while-reading` or `invalid-input`.
   */
  remove(keptPath?: string): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with `file-missing`, `file-not-regular` or `file-unreadable`. */
export async function openSource(path: string, chunkBytes: number): Promise<SourceFile> {
  // Asked before it is opened: opening a pipe would wait for a writer.
  const first = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!first.isFile()) {
    throw new VoiceRecorderError(
      'file-not-regular',
      `${path} is not a regular file, so it cannot be read twice and compared. Give the path of an audio file.`,
    );
  }
  const handle: FileHandle = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, Number(first.size))));
  const hash: Hash = createHash('sha256');
  const sizeBytes = Number(first.size);
  let readBytes = 0;

  const expectUnchanged = (now: typeof first) => {
    if (now.size === first.size && now.mtimeNs === first.mtimeNs && now.ino === first.ino) return;
    throw new VoiceRecorderError(
      'file-changed-while-reading',
      `${path} changed while it was read, so nothing of it was imported. Try again when nothing writes to it.`,
    );
  };

  const expectOther = async (keptPath: string) => {
    // Not seen from here (a server in a container): then it is not this file either.
    const kept = await stat(keptPath, { bigint: true }).catch(() => undefined);
    if (kept?.dev !== first.dev || kept.ino !== first.ino) return;
    throw new VoiceRecorderError(
      'invalid-input',
      `${path} was left where it is: it is the stored file itself under another path.`,
    );
  };

  return {
    sizeBytes,
    changedAt: toIsoUtc(Number(first.mtimeMs)),
    async read() {
      const wanted = Math.min(buffer.byteLength, sizeBytes - readBytes);
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await handle.read(buffer, filled, wanted - filled, readBytes + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled < wanted) expectUnchanged(await handle.stat({ bigint: true }));
      readBytes += filled;
      const bytes = buffer.subarray(0, filled);
      hash.update(bytes);
      return bytes;
    },
    async finish() {
      expectUnchanged(await handle.stat({ bigint: true }));
      return hash.digest('hex');
    },
    async remove(keptPath) {
      try {
        // Of the name itself: removing a link to what was read would move nothing.
        expectUnchanged(await lstat(path, { bigint: true }));
        if (keptPath !== undefined) await expectOther(keptPath);
        await unlink(path);
      } catch (cause) {
        if (cause instanceof VoiceRecorderError) throw cause;
        throw new VoiceRecorderError(
          'file-unreadable',
          `${path} was imported, but cannot be removed (${String((cause as NodeJS.ErrnoException).code)}). Remove it yourself.`,
          { cause },
        );
      }
    },
    close: () => handle.close(),
  };
}

function unreadable(path: string, cause: unknown): VoiceRecorderError {
  const errno = (cause as NodeJS.ErrnoException).code;
  const code: FailureCode = errno === 'ENOENT' || errno === 'ENOTDIR' ? 'file-missing' : 'file-unreadable';
  const sentence =
    code === 'file-missing'
      ? `There is no file ${path}.`
      : `${path} cannot be read (${errno ?? String(cause)}). See that you may read it.`;
  return new VoiceRecorderError(code, sentence, { cause });
}
