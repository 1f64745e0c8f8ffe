import type { ReactNode } from 'react';
import type { SearchMatch } from '../../../src/model/recording.ts';

interface MarkedProps {
  readonly text: string;
  /** Of this text, in their order. */
  readonly matches: readonly SearchMatch[];
  /** The part to show; all of it when not given. */
  readonly part?: { readonly start: number; readonly length: number };
}

/** A text with the matches of a search marked. */
export function Marked({ text, matches, part = { start: 0, length: text.length } }: MarkedProps) {
  const end = part.start + part.length;
  const pieces: ReactNode[] = [];
  let at = part.start;
  for (const { start, length } of matches) {
    if (start < at || start + length > end) continue;
    pieces.push(text.slice(at, start), <mark key={start}>{text.slice(start, start + length)}</mark>);
    at = start + length;
  }
  return (
    <>
      {part.start > 0 ? '… ' : null}
      {pieces}
      {text.slice(at, end)}
      {end < text.length ? ' …' : null}
    </>
  );
}
