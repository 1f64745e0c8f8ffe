import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, toIsoUtc } from '../../model/clock.ts';
import { failureCodeOf } from '../../model/failure.ts';
import { formatSpan } from '../../model/format.ts';
import { newId } from '../../model/id.ts';
import type { Cli } from '../cli.ts';
import { localTime } from '../recording-text.ts';
import type { CaptureProgram } from './capture-program.ts';
import { recordTake, type TakeOutcome, type TakePart, type TakeWish } from './record-take.ts';
import type { RunningProgram } from './running-program.ts';
import { openSoundSource } from './sound-source.ts';
import { planOf } from './sound-take.ts';

export interface PartsWish extends Omit<TakeWish, 'title'> {
  /** Its date and time when undefined. */
  readonly title: string | undefined;
  readonly programs: readonly CaptureProgram[];
  readonly device: string | undefined;
  /** How long a device that is gone is waited for; 0: its end is the end of the take. */
  readonly waitSeconds: number;
}

type SourceWish = Pick<PartsWish, 'programs' | 'device' | 'preset' | 'waitSeconds'>;

const LOOK_AGAIN_MS = 500;

/**
 * Records one take: until somebody ends it, or the device goes and does not come back in time. Each part that a device
 * gave without interruption is a segment, in the library before the next one begins.
 */
export async function recordParts(
  cli: Cli,
  wish: PartsWish,
  dataDir: string,
  leftovers: Promise<void>,
): Promise<Pick<TakeOutcome, 'recording' | 'end'>> {
  const nowMs = systemClock.nowMs();
  const title = wish.title ?? `Recording ${localTime(toIsoUtc(nowMs))}`;
  let part: TakePart = { takeId: newId(nowMs), segment: 0, gapBefore: null };
  let { maxSeconds } = wish;
  let kept: TakeOutcome['recording'];
  let source = await openSource(cli, wish, cli.interruption);
  for (;;) {
    const outcome = await recordTake(cli, { ...wish, title, maxSeconds }, part, source, dataDir, leftovers);
    kept = outcome.recording ?? kept;
    const isLost = outcome.end.kind === 'failed' && outcome.end.error.code === 'capture-ended';
    if (!isLost || wish.waitSeconds === 0) return { recording: kept, end: outcome.end };
    const again = await waitForSource(cli, wish);
    if (again === undefined) {
      const end = cli.interruption.aborted ? ({ kind: 'done' } as const) : outcome.end;
      return { recording: kept, end };
    }
    source = again;
    if (maxSeconds !== undefined) maxSeconds -= outcome.seconds;
    if (outcome.recording === undefined) continue;
    const durationSeconds = (systemClock.monotonicMs() - outcome.endedAtMs) / 1000;
    part = { ...part, segment: part.segment + 1, gapBefore: { durationSeconds, cause: 'device-lost' } };
  }
}

/** Undefined when no sound came in time, or somebody ended the take meanwhile. */
async function waitForSource(cli: Cli, wish: SourceWish): Promise<RunningProgram | undefined> {
  const { interruption, output } = cli;
  const span = formatSpan(wish.waitSeconds);
  output.note(`Waiting ${span} for the device; the take goes on when it is back. Ctrl-C ends it.`);
  const isOver = AbortSignal.timeout(wish.waitSeconds * 1000);
  const signal = AbortSignal.any([interruption, isOver]);
  while (!signal.aborted) {
    try {
      return await openSource(cli, wish, signal);
    } catch (error) {
      const code = failureCodeOf(error);
      if (code !== 'capture-failed' && code !== 'interrupted') throw error;
    }
    // Ended early by either.
    await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
  if (!interruption.aborted) output.note(`No sound came within ${span}; the take has ended.`);
  return undefined;
}

function openSource(cli: Cli, wish: SourceWish, signal: AbortSignal): Promise<RunningProgram> {
  return openSoundSource(
    {
      programs: wish.programs,
      env: cli.env,
      signal,
      onRemark: (program, line) => cli.output.note(`${program}: ${line}`),
    },
    { ...planOf(wish.preset), device: wish.device },
  );
}
