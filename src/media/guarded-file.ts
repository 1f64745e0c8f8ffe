import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { VoiceRecorderError } from '../model/failure.ts';

/** A regular file that is open for reading. */
export interface GuardedFile {
  readonly path: string;
  readonly descriptor: number;
  readonly sizeBytes: number;
  readonly identity: string;
}

// A FIFO would block at open, a symbolic link might lead elsewhere; Windows knows neither flag.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Opens `path` for the length of `use`. Rejects links, folders, pipes and devices with `file-not-regular`. */
export function withGuardedFile<T>(path: string, use: (file: GuardedFile) => T): T {
  const file = openGuarded(path);
  try {
    return use(file);
  } finally {
    closeSync(file.descriptor);
  }
}

/**
 * A second descriptor of the same file. FFmpeg needs one of its own for each pass, because its `fd` protocol reads
 * from wherever the shared offset stands. Throws `file-changed-while-reading` when the name leads elsewhere by now.
 */
export function withFreshDescriptor<T>(file: GuardedFile, use: (descriptor: number) => T): T {
  return withGuardedFile(file.path, (again) => {
    if (again.identity !== file.identity) {
      throw new VoiceRecorderError(
        'file-changed-while-reading',
        'The file was replaced by another one while it was read.',
      );
    }
    return use(again.descriptor);
  });
}

function openGuarded(path: string): GuardedFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, OPEN_FLAGS);
  } catch (error) {
    throw translateOpenError(error);
  }
  const stat = fstatSync(descriptor, { bigint: true });
  if (!stat.isFile()) {
    closeSync(descriptor);
    throw new VoiceRecorderError(
      'file-not-regular',
      'The path leads to something that is not a regular file.',
    );
  }
  return { path, descriptor, sizeBytes: Number(stat.size), identity: `${stat.dev}:${stat.ino}` };
}

function translateOpenError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') {
    return new VoiceRecorderError('file-missing', 'There is no file at this path.', { cause: error });
  }
  if (code === 'ELOOP' || code === 'EMLINK' || code === 'ENXIO') {
    return new VoiceRecorderError(
      'file-not-regular',
      'The path is a symbolic link or a socket, not a regular file.',
      {
        cause: error,
      },
    );
  }
  return new VoiceRecorderError('file-unreadable', `The file cannot be opened for reading (${code}).`, {
    cause: error,
  });
}
