import { FAILURES, type FailureCode, VoiceRecorderError } from '../model/failure.ts';
import type { PreflightReason, PreflightWish } from '../model/preflight.ts';
import type { LibraryDoor } from './library-door.ts';
import type { Output } from './output.ts';
import { printable } from './terminal-text.ts';

/** Says what speaks against it before anything is begun. Rejects with the first reason that forbids it. */
export async function requirePreflight(
  { store }: Pick<LibraryDoor, 'store'>,
  output: Output,
  wish: PreflightWish,
): Promise<void> {
  const { reasons, freeBytes, neededBytes } = await store.preflight(wish);
  const no = reasons.find(({ severity }) => severity === 'fail');
  if (no !== undefined && isFailureCode(no.code))
    throw new VoiceRecorderError(no.code, sentenceOf(no), { details: { freeBytes, neededBytes } });
  tellReasons(output, reasons);
}

export function tellReasons(output: Output, reasons: readonly PreflightReason[]): void {
  for (const reason of reasons) output.note(output.paint('yellow', printable(sentenceOf(reason)), 'stderr'));
}

function sentenceOf({ message, remedy }: PreflightReason): string {
  return remedy === null ? message : `${message} ${remedy}`;
}

function isFailureCode(code: string): code is FailureCode {
  return code in FAILURES;
}
