import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { VoiceRecorderError } from '../../model/failure.ts';

/** What is wanted of a capture program: interleaved little-endian samples. */
export interface CaptureWish {
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  readonly sampleFormat: 's16' | 's32';
  /** As the program itself names it; undefined takes the system's default. */
  readonly device: string | undefined;
}

/** A program of this machine that writes sound to its standard output. */
export interface CaptureProgram {
  readonly name: ProgramName;
  readonly path: string;
}

export const PROGRAM_NAMES = ['pw-record', 'parec', 'arecord'] as const;
export type ProgramName = (typeof PROGRAM_NAMES)[number];

/** How long a program may gather sound before it hands it on: a part of what a power cut can cost. */
const LATENCY_MS = 100;

const ARGUMENTS: Readonly<Record<ProgramName, (wish: CaptureWish) => string[]>> = {
  'pw-record': (wish) => [
    '--raw',
    `--rate=${wish.sampleRateHz}`,
    `--channels=${wish.channels}`,
    `--format=${wish.sampleFormat}`,
    `--latency=${LATENCY_MS}ms`,
    ...(wish.device === undefined ? [] : [`--target=${wish.device}`]),
    '-',
  ],
  parec: (wish) => [
    '--raw',
    `--rate=${wish.sampleRateHz}`,
    `--channels=${wish.channels}`,
    `--format=${wish.sampleFormat}le`,
    `--latency-msec=${LATENCY_MS}`,
    '--client-name=Voice Recorder Pro',
    ...(wish.device === undefined ? [] : [`--device=${wish.device}`]),
  ],
  arecord: (wish) => [
    '--file-type=raw',
    `--rate=${wish.sampleRateHz}`,
    `--channels=${wish.channels}`,
    `--format=${wish.sampleFormat === 's16' ? 'S16_LE' : 'S32_LE'}`,
    ...(wish.device === undefined ? [] : [`--device=${wish.device}`]),
  ],
};

export function argumentsFor(program: CaptureProgram, wish: CaptureWish): string[] {
  return ARGUMENTS[program.name](wish);
}

/**
 * The capture programs of this machine in the order they are tried. Throws `capture-program-missing` when there is
 * none, or when there is not the one that `only` names.
 */
export function findCapturePrograms(searchPath: string | undefined, only?: ProgramName): CaptureProgram[] {
  const names = only === undefined ? PROGRAM_NAMES : [only];
  const found = names.flatMap((name) => {
    const path = findOnPath(name, searchPath);
    return path === undefined ? [] : [{ name, path }];
  });
  if (found.length > 0) return found;
  throw new VoiceRecorderError(
    'capture-program-missing',
    `There is no program to record with: expected ${names.join(', ').replace(/, ([^,]*)$/, ' or $1')} on the PATH. ` +
      'Install pipewire-bin (pw-record), pulseaudio-utils (parec) or alsa-utils (arecord), or record in the browser ' +
      'with "vrp start --open".',
  );
}

export function findOnPath(name: string, searchPath: string | undefined): string | undefined {
  return (searchPath ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Missing, or not for this user: not a program to run.
    return false;
  }
}
