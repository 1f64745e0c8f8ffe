import { once } from 'node:events';
import { type LivePlan, openLiveEncoder } from '../../live-encoder.ts';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { Preset } from '../../model/preset.ts';
import type { LocalTake } from './local-take.ts';
import type { RunningProgram } from './running-program.ts';
import type { SoundMeter } from './sound-meter.ts';

/** How a preset is captured and encoded on this machine. */
export function planOf(preset: Preset): LivePlan {
  const { codec, channels, bitRateBps } = preset;
  // Opus knows this rate alone; devices that have another are converted by their sound server.
  return {
    codec,
    channels,
    bitRateBps,
    sampleRateHz: 48_000,
    sampleFormat: codec === 'flac' ? 's32' : 's16',
  };
}

/** Sound that may wait for an encoder or a disk that hangs, before the device has to: 40 s of the richest kind. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface SoundTakeDesk {
  readonly take: LocalTake;
  readonly source: RunningProgram;
  readonly meter: SoundMeter;
  readonly plan: LivePlan;
  /** Ends the take by itself when so much sound has come. */
  readonly maxSeconds: number | undefined;
  /** Called with each piece of sound. */
  onSound(): void;
  onMark(sizeBytes: number, seconds: number): void;
}

/** Why a take came to its end. */
export type TakeEnd =
  /** A person's word, or the length that was asked for. */
  | { readonly kind: 'done' }
  /** Something gave up; what was captured before is valid. */
  | { readonly kind: 'failed'; readonly error: VoiceRecorderError };

/**
 * Runs a take from its first sample to its last: program -> meter -> encoder -> local disk. `signal` ends it.
 * Resolves when everything that came is encoded and on the disk, and the take is complete.
 */
export async function captureSound(desk: SoundTakeDesk, signal: AbortSignal): Promise<TakeEnd> {
  const { take, source } = desk;
  const encoder = openLiveEncoder(desk.plan, desk.onMark);
  let isAskedToEnd = false;
  const stop = () => {
    isAskedToEnd = true;
    source.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  // Whatever ends the way to the disk ends the capture: sound that cannot be kept is not asked for.
  const encoderEnd = encoder.ended.then((error) => {
    if (error !== undefined) source.stop();
    return error;
  });
  const writing = (async () => {
    for await (const bytes of encoder.file as AsyncIterable<Buffer>) {
      await take.append(bytes);
      if (take.failure !== undefined) source.stop();
    }
  })();
  const isLengthReached = await feed(desk, encoder.samples);
  if (isLengthReached) stop();
  encoder.samples.end();
  const encoderFailure = await encoderEnd;
  await writing;
  signal.removeEventListener('abort', stop);
  take.complete();
  const failure = take.failure ?? encoderFailure;
  if (failure !== undefined) return { kind: 'failed', error: failure };
  if (isAskedToEnd) return { kind: 'done' };
  return { kind: 'failed', error: endedByItself(source.name, await source.ended, desk.meter.seconds) };
}

/** True when the length that was asked for is reached. */
async function feed(
  { source, meter, plan, maxSeconds, onSound }: SoundTakeDesk,
  encoder: NodeJS.WritableStream & { readonly writableLength: number; readonly destroyed: boolean },
): Promise<boolean> {
  const frameBytes = (plan.sampleFormat === 's16' ? 2 : 4) * plan.channels;
  let leftBytes =
    maxSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : Math.round(maxSeconds * plan.sampleRateHz) * frameBytes;
  let torn: Buffer = Buffer.alloc(0);
  for await (const piece of source.samples as AsyncIterable<Buffer>) {
    const bytes = torn.length === 0 ? piece : Buffer.concat([torn, piece]);
    const wholeBytes = Math.min(bytes.length - (bytes.length % frameBytes), leftBytes);
    const samples = bytes.subarray(0, wholeBytes);
    torn = bytes.subarray(wholeBytes);
    leftBytes -= wholeBytes;
    meter.listen(samples);
    onSound();
    if (encoder.destroyed) return false;
    encoder.write(samples);
    if (encoder.writableLength > MAX_WAITING_BYTES) {
      await Promise.race([once(encoder, 'drain'), once(encoder, 'close')]);
    }
    if (leftBytes === 0) return true;
  }
  return false;
}

function endedByItself(program: string, reason: string, seconds: number): VoiceRecorderError {
  return new VoiceRecorderError(
    'capture-ended',
    `${program} ended by itself after ${seconds.toFixed(1)} s (${reason}): the device may be gone. What came is kept.`,
    { details: { program, reason, seconds } },
  );
}
