/** The coded audio of these segments cannot be put together as it is; decoding and encoding still can. */
export class CopyImpossible extends Error {
  override readonly name = 'CopyImpossible';
}

/** What became of each segment in the joined file. */
export interface JoinedParts {
  /** Where each segment's first sample stands in the joined audio. */
  readonly startsSeconds: readonly number[];
  readonly durationSeconds: number;
}

/** Hears of bytes of the segments that are done. */
export type JoinProgress = (bytesDone: number) => void;
