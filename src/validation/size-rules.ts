import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingKind } from '../model/recording.ts';
import type { Rule } from './rule.ts';

/** Something whose length is known before it comes. */
export interface DeclaredSize {
  /** What it is called in a sentence: `file /a/b.wav`, `upload "b.wav"`. */
  readonly whose: string;
  readonly kind: RecordingKind;
  readonly sizeBytes: number;
  /** Null: no limit but free space. */
  readonly maxFileBytes: number | null;
}

/** The limit judges what files declare. A take is never judged: it ends when the person ends it. */
export const sizeRule = {
  name: 'size',
  phase: 'before',
  codes: ['audio-no-samples', 'file-too-large'],
  check({ whose, kind, sizeBytes, maxFileBytes }) {
    if (sizeBytes === 0) {
      throw new VoiceRecorderError(
        'audio-no-samples',
        `The ${whose} is empty (0 bytes): expected audio in it.`,
      );
    }
    if (kind !== 'file' || maxFileBytes === null || sizeBytes <= maxFileBytes) return;
    throw new VoiceRecorderError(
      'file-too-large',
      `The ${whose} has ${sizeBytes} bytes; this store takes files of at most ${maxFileBytes} bytes (VRP_MAX_FILE_MB).`,
      { details: { sizeBytes, maxFileBytes } },
    );
  },
} satisfies Rule<DeclaredSize>;

export const roomRule = {
  name: 'free space',
  phase: 'before',
  codes: ['disk-full'],
  check({ whose, sizeBytes, usableBytes }) {
    if (sizeBytes <= usableBytes) return;
    throw new VoiceRecorderError(
      'disk-full',
      `The ${whose} needs ${sizeBytes} bytes, but only ${Math.max(0, usableBytes)} are free for recordings.`,
      { details: { sizeBytes, freeBytes: usableBytes } },
    );
  },
} satisfies Rule<{
  readonly whose: string;
  readonly sizeBytes: number;
  /** What new recordings may still fill. */
  readonly usableBytes: number;
}>;

/** A length as a client says it. */
export const declaredLengthRule = {
  name: 'declared length',
  phase: 'before',
  codes: ['upload-length-invalid'],
  check({ whose, lengthBytes }) {
    if (Number.isSafeInteger(lengthBytes) && lengthBytes >= 0) return;
    throw new VoiceRecorderError(
      'upload-length-invalid',
      `The length of ${whose} must be a whole number of bytes from 0 to ${Number.MAX_SAFE_INTEGER}, not ${lengthBytes}.`,
    );
  },
} satisfies Rule<{ readonly whose: string; readonly lengthBytes: number }>;
