/** What comes in and what is to come out of a live encoder. */
export interface LivePlan {
  readonly codec: 'opus' | 'flac';
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  /** Of Opus; FLAC takes what it needs. */
  readonly bitRateBps: number;
  /** Interleaved, little-endian. Of 32 bits FLAC keeps the upper 24. */
  readonly sampleFormat: 's16' | 's32';
}

/** What the encoding child says on stderr, one JSON object a line. */
export type LiveEncodeNews =
  | { readonly isReady: true }
  /** The first `sizeBytes` bytes of the file hold `seconds` of sound. */
  | { readonly sizeBytes: number; readonly seconds: number }
  | { readonly failure: string };
