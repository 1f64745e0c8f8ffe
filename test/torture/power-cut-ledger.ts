import type { Recording } from '../../src/model/recording.ts';

/*
 * What the clients of one store know: each entry holds what was asked and what was answered, kept outside of the
 * file system whose power is cut. What was asked and not answered may be so or not after a cut; what was answered
 * must be so.
 */

export interface SentUpload {
  readonly id: string;
  readonly kind: 'take' | 'file';
  readonly bytes: Buffer;
  readonly checksum: string;
  /** Bytes the server has answered for. */
  safeBytes: number;
  /** Bytes that were sent at most. */
  sentBytes: number;
  /** True once the last byte, with the length, was sent. */
  isLastSent: boolean;
  /** True once the server named the recording that came of it. */
  isRecording: boolean;
  ending: 'none' | 'asked' | 'answered';
  /** True while a client works on it. */
  isHeld: boolean;
}

export interface ImportedFile {
  readonly path: string;
  readonly checksum: string;
  readonly isMove: boolean;
  /** The answer was that its bytes are stored. */
  isStored: boolean;
  /** The answer was that its source is removed as well. */
  isRemoved: boolean;
  /** Holds the bytes of another file once more. */
  readonly isRepeat: boolean;
}

/** A property of a recording that people change. */
export interface Amended<Value> {
  answered: Value;
  /** Asked for, and no answer came. */
  asked: Value | undefined;
}

export interface AmendedRecording {
  readonly id: string;
  readonly storedFilename: string;
  version: number;
  /** Promised to be in the sidecar: the answer to a change waits for it, while what is only looked at may be newer. */
  readonly sidecarVersion: number;
  readonly title: Amended<string>;
  readonly isTrashed: Amended<boolean>;
}

export interface NamedSecret {
  readonly name: string;
  /** Known once the server has answered. */
  secret: string | undefined;
  revoking: 'none' | 'asked' | 'answered';
}

export class Ledger {
  readonly uploads = new Map<string, SentUpload>();
  readonly files: ImportedFile[] = [];
  readonly amended = new Map<string, AmendedRecording>();
  readonly tokens: NamedSecret[] = [];
  ownerToken: string | undefined;
  readonly figures = { acknowledgements: 0, acknowledgedBytes: 0, amendments: 0, recordings: 0 };

  get openUploads(): SentUpload[] {
    return [...this.uploads.values()].filter((upload) => !upload.isRecording && upload.ending === 'none');
  }

  acknowledge(upload: SentUpload, safeBytes: number): void {
    this.figures.acknowledgements++;
    this.figures.acknowledgedBytes += safeBytes - upload.safeBytes;
    upload.safeBytes = safeBytes;
  }

  noteRecording(upload: SentUpload): void {
    if (!upload.isRecording) this.figures.recordings++;
    upload.isRecording = true;
  }

  /** What people may find of `recording` from now on is what this answer says. */
  noteAmended(recording: Recording, isOnlySeen = false): void {
    const sidecarVersion = isOnlySeen
      ? (this.amended.get(recording.id)?.sidecarVersion ?? 1)
      : recording.version;
    const isTrashed = recording.status === 'trashed';
    this.amended.set(recording.id, {
      id: recording.id,
      storedFilename: recording.storedFilename,
      version: recording.version,
      sidecarVersion,
      title: { answered: recording.title, asked: undefined },
      isTrashed: { answered: isTrashed, asked: undefined },
    });
  }
}
