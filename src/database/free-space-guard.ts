import { VoiceRecorderError } from '../model/failure.ts';
import { isMeasuredDisk, type SessionFactory } from './session-factory.ts';

/**
 * Throws `disk-full` when the file system of the database has less than `minFreeBytes` left. A database on another
 * machine has a disk that cannot be asked from here: it says so by itself when it is full.
 */
export async function requireFreeSpace(
  factory: SessionFactory,
  name: string,
  minFreeBytes: number,
): Promise<void> {
  if (minFreeBytes <= 0 || !isMeasuredDisk(factory)) return;
  const freeBytes = await factory.freeBytes();
  if (freeBytes >= minFreeBytes) return;
  throw new VoiceRecorderError(
    'disk-full',
    `The session "${name}" was not begun: ${freeBytes} bytes are free on the disk of the database, ` +
      `${minFreeBytes} must be. Nothing was changed.`,
    { details: { freeBytes, minFreeBytes } },
  );
}
