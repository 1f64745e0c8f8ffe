import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { CaptureProgram, CaptureWish } from './capture-program.ts';
import { type RunningProgram, runProgram } from './running-program.ts';

export interface SourceDesk {
  readonly programs: readonly CaptureProgram[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** What the program says on the side. */
  onRemark(program: string, line: string): void;
}

/** A program that gives nothing for so long makes room for the next one there is. */
const FIRST_SOUND_MS = 5_000;

/**
 * Runs the first program that gives sound; a system may have one whose sound server does not run. Rejects with
 * `capture-failed` when none does, and with `interrupted` when the person stops before.
 */
export async function openSoundSource(desk: SourceDesk, wish: CaptureWish): Promise<RunningProgram> {
  const refusals: string[] = [];
  for (const [index, program] of desk.programs.entries()) {
    if (desk.signal.aborted) throw stopped();
    const isLast = index === desk.programs.length - 1;
    // What a program says before it is passed over is told only if there is no other.
    const remarks: string[] = [];
    let tell = (line: string): unknown => remarks.push(line);
    const running = runProgram(program, wish, desk.env, (line) => tell(line));
    const outcome = await firstSound(running, desk.signal, isLast);
    if (outcome === 'sound') {
      tell = (line) => desk.onRemark(program.name, line);
      remarks.forEach(tell);
      return running;
    }
    running.stop();
    refusals.push(`${program.name}: ${outcome === 'nothing' ? 'no sound came' : await running.ended}`);
  }
  if (desk.signal.aborted) throw stopped();
  throw new VoiceRecorderError(
    'capture-failed',
    `No sound could be recorded (${refusals.join('; ')}). See that a microphone is connected and that its sound ` +
      'server runs; "vrp record --list-devices" names the devices.',
    { details: { refusals } },
  );
}

async function firstSound(
  running: RunningProgram,
  signal: AbortSignal,
  isLast: boolean,
): Promise<'sound' | 'nothing' | 'ended'> {
  const settled = new AbortController();
  const options = { signal: AbortSignal.any([settled.signal, signal]) };
  const sound = once(running.samples, 'readable', options).then(
    // A stream that has ended without a byte is readable, too.
    () => (running.samples.readableLength > 0 ? 'sound' : running.ended.then(() => 'ended' as const)),
    () => 'nothing' as const,
  );
  const outcomes: Promise<'sound' | 'nothing' | 'ended'>[] = [
    sound as Promise<'sound' | 'nothing' | 'ended'>,
  ];
  if (!isLast) {
    outcomes.push(sleep(FIRST_SOUND_MS, 'nothing' as const, options).catch(() => 'nothing' as const));
  }
  try {
    return await Promise.race(outcomes);
  } finally {
    settled.abort();
  }
}

function stopped(): VoiceRecorderError {
  return new VoiceRecorderError('interrupted', 'Stopped before any sound came; nothing was recorded.');
}
