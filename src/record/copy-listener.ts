import type { AudioFacts } from '../model/audio-facts.ts';

/** Hears the bytes of a copy as they pass, in their order, and makes something of them. Never fails the copy. */
export interface CopyListener {
  hear(piece: Uint8Array, position: number): void;
  /** The copy is whole. Resolves when what was made of it is on stable storage. */
  end(): Promise<void>;
  /** The copy came to nothing: nothing is to be left of it. */
  giveUp(): void;
}

/** Undefined where nothing can be made of `source`. Runs in a worker thread and may block it. */
export type HearCopy = (
  source: { readonly descriptor: number; readonly sizeBytes: number },
  /** Not there yet, nor the folder that is to hold it alone. */
  outputPath: string,
) => CopyListener | undefined;

/** What is known of a copy by a look at its header; undefined where that does not suffice. As quick as {@link HearCopy}. */
export type ReadFacts = (
  copy: { readonly descriptor: number; readonly sizeBytes: number },
  filename: string,
) => AudioFacts | undefined;

/** What a house makes of a copy in the thread that makes it. */
export interface CopyTools {
  readonly hearCopy?: HearCopy;
  readonly readFacts?: ReadFacts;
}
