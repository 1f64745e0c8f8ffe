import type { RecordingId } from './id.ts';
import type { Recording } from './recording.ts';

/** Every fault of a file that can be put right in a new one, and what the new one is. */
export const REPAIRABLE_FAULTS = {
  'wav-unfinished': {
    fault: 'The WAV header was never finished: its sizes are 0 or all ones.',
    fix: 'The same samples and chunks behind a header with the true sizes.',
  },
  'wav-size-wrong': {
    fault: 'The WAV header says another size than the file has.',
    fix: 'The same samples and chunks behind a header with the true sizes.',
  },
  'wav-cut': {
    fault: 'The WAV header promises more samples than the file holds.',
    fix: 'The samples that are there, behind a header that says how many.',
  },
  'ogg-cut': {
    fault: 'The Ogg file ends inside a page.',
    fix: 'All whole pages as they are; the last one says that it is the end.',
  },
  'flac-cut': {
    fault: 'The FLAC file ends inside a frame or before its promised length.',
    fix: 'All whole frames as they are, behind a header with their number.',
  },
  'flac-damaged': {
    fault: 'Frames in the middle of the FLAC file are damaged.',
    fix: 'All sound frames as they are, and silence of the same length where the others were.',
  },
  'webm-no-length': {
    fault: 'The WebM file does not say how long it is.',
    fix: 'The same packets in a file with length and index.',
  },
  'webm-no-index': {
    fault: 'The WebM file has no index (cues), so players cannot seek in it.',
    fix: 'The same packets in a file with length and index.',
  },
  'webm-cut': {
    fault: 'The WebM file ends before it says it does.',
    fix: 'The packets that are there, in a file with length and index.',
  },
  'mp4-no-index': {
    fault: 'The MP4 file consists of fragments without a common index.',
    fix: 'The same packets in a file with one index.',
  },
  'mp4-cut': {
    fault: 'The MP4 file ends before its boxes do.',
    fix: 'The packets that are there, in a whole file.',
  },
  'mp4-no-movie': {
    fault: 'The MP4 file has no index (moov), as when a recorder was switched off before it could write one.',
    fix: 'The same packets in a whole file, found with the help of a sound recording of the same recorder.',
  },
  'mp3-cut': {
    fault: 'The MP3 header counts more bytes than follow.',
    fix: 'The frames that are there, behind a header that counts them.',
  },
} as const satisfies Record<string, { readonly fault: string; readonly fix: string }>;

/** Stable word for one fault that can be put right. */
export type RepairableFault = keyof typeof REPAIRABLE_FAULTS;

/** Each fault in a sentence, and what becomes of it. */
export function describeFaults(codes: readonly RepairableFault[]): RepairOutcome['faults'] {
  return codes.map((code) => {
    const { fault: message, fix } = REPAIRABLE_FAULTS[code];
    return { code, message, fix };
  });
}

/** A place of a repaired recording where sound was lost and silence of the same length stands. */
export interface SilencedPart {
  readonly atSeconds: number;
  readonly durationSeconds: number;
}

/** ` 0.08 s in one place are lost and silent now.`, or nothing. */
export function describeSilence(silenced: readonly SilencedPart[]): string {
  if (silenced.length === 0) return '';
  const seconds = silenced.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const where = silenced.length === 1 ? 'one place' : `${silenced.length} places`;
  return ` ${seconds.toFixed(2)} s in ${where} are lost and silent now.`;
}

/** What became of one recording that was to be repaired. */
export interface RepairOutcome {
  readonly id: RecordingId;
  readonly storedFilename: string;
  /**
   * `sound`: nothing to repair. `repaired`: a new recording, `repairedId`, holds what could be put right; this one is
   * as it was. `healed`: its bytes had changed and are again those that were received. `no-copy`: they have changed
   * or are gone, and no verified copy is known. `failed`: see `message`.
   */
  readonly outcome: 'sound' | 'repaired' | 'healed' | 'no-copy' | 'failed';
  readonly faults: readonly {
    readonly code: RepairableFault;
    readonly message: string;
    readonly fix: string;
  }[];
  readonly repairedId: RecordingId | null;
  /** Of the repaired recording; its timeline has them too. */
  readonly silenced: readonly SilencedPart[];
  /** A whole sentence. */
  readonly message: string;
}

const FAULTY_WARNINGS: ReadonlySet<string> = new Set(['size-header-wrong', 'truncated', 'decode-errors']);
const REMADE_FOR_SEEKING: ReadonlySet<string> = new Set(['webm', 'matroska', 'mp4', '3gp']);

/** True when a look at `recording` suggests that it can be repaired; the file itself has the last word. */
export function mayNeedRepair(recording: Recording): boolean {
  const { status, warnings, container, isPlayable } = recording;
  if (status === 'damaged' || status === 'missing') return true;
  if (warnings.some(({ code }) => FAULTY_WARNINGS.has(code))) return true;
  return !isPlayable && REMADE_FOR_SEEKING.has(container);
}
