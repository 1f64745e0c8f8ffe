import { VoiceRecorderError } from '../model/failure.ts';
import type { Rule } from './rule.ts';

/** No more comes than was declared. */
export const lengthRule = {
  name: 'length',
  phase: 'while',
  codes: ['upload-length-exceeded'],
  check({ id, endBytes, lengthBytes }) {
    if (endBytes <= lengthBytes) return;
    throw new VoiceRecorderError(
      'upload-length-exceeded',
      `Upload ${id} was declared with ${lengthBytes} bytes, but the chunk would make it at least ${endBytes}.`,
      { details: { lengthBytes } },
    );
  },
} satisfies Rule<{
  readonly id: string;
  readonly endBytes: number;
  readonly lengthBytes: number;
}>;

/** The file is the same from its first byte to its last. */
export const unchangedRule = {
  name: 'unchanged',
  phase: 'while',
  codes: ['file-changed-while-reading'],
  check({ path, sizeBytes, readBytes, isSameFile = true }) {
    if (sizeBytes === readBytes && isSameFile) return;
    throw new VoiceRecorderError(
      'file-changed-while-reading',
      `The file ${path} changed while it was being read: it had ${sizeBytes} bytes at first, and ${readBytes} were read. Import it again when nothing writes to it any more.`,
    );
  },
} satisfies Rule<{
  readonly path: string;
  readonly sizeBytes: number;
  readonly readBytes: number;
  /** Of two looks at it, where there were two. */
  readonly isSameFile?: boolean;
}>;

/** What arrived has the checksum that was sent with it; nothing to say where none was sent. */
export const checksumRule = {
  name: 'checksum',
  phase: 'while',
  codes: ['checksum-mismatch'],
  isAsked: ({ expected }) => expected !== null,
  check({ what, expected, found, advice }) {
    if (expected === null || found === expected) return;
    throw new VoiceRecorderError(
      'checksum-mismatch',
      `${what} should have SHA-256 ${expected}, but what arrived has ${found}. ${advice}`,
    );
  },
} satisfies Rule<{
  /** `The chunk at 0 of upload x`, `Upload x`. */
  readonly what: string;
  readonly expected: string | null;
  readonly found: string;
  /** What became of the bytes, and what to do. */
  readonly advice: string;
}>;

/** How long a sender may say nothing in the middle of a body before it counts as gone. */
export const STALL_MS = 60_000;

export const stallRule = {
  name: 'stall time-out',
  phase: 'while',
  codes: ['upload-cut'],
  check({ id, silentMs }) {
    if (silentMs < STALL_MS) return;
    throw new VoiceRecorderError(
      'upload-cut',
      `Nothing came for upload ${id} for ${Math.round(silentMs / 1000)} s in the middle of a body. Ask for the offset and go on from there.`,
    );
  },
} satisfies Rule<{ readonly id: string; readonly silentMs: number }>;
