import { type Command, InvalidArgumentError, Option } from 'commander';
import { VoiceRecorderError } from '../../model/failure.ts';
import { DEFAULT_PRESET, findPreset, PRESETS, type Preset } from '../../model/preset.ts';
import { findCapturePrograms, PROGRAM_NAMES, type ProgramName } from '../capture/capture-program.ts';
import { finishLeftoverTakes } from '../capture/leftover-takes.ts';
import { listDevices } from '../capture/list-devices.ts';
import { recordParts } from '../capture/record-parts.ts';
import type { Cli } from '../cli.ts';
import { openLibraryDoor } from '../library-door.ts';
import { requirePreflight } from '../preflight.ts';
import { shortId } from '../recording-text.ts';
import { collect } from '../repeatable-option.ts';
import { printable } from '../terminal-text.ts';

interface RecordOptions {
  readonly device?: string;
  readonly preset: Preset;
  readonly duration?: number;
  readonly waitForDevice?: number;
  readonly title?: string;
  readonly tag?: readonly string[];
  readonly program?: ProgramName;
  readonly listDevices?: boolean;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('record')
    .description('Record from a microphone or line-in of this machine, until Ctrl-C.')
    .option(
      '--device <device>',
      'the input, by the name that the capture program has for it (see --list-devices)',
    )
    .option(
      '--preset <preset>',
      `${PRESETS.map(({ id }) => id).join(', ')}, or custom-opus-CHANNELS-BITRATE, custom-flac-CHANNELS`,
      readPreset,
      DEFAULT_PRESET,
    )
    .option('--duration <seconds>', 'end by itself after so many seconds of sound', readSeconds)
    .option(
      '--wait-for-device <seconds>',
      'when the device goes, go on with it in a further segment if it is back within so many seconds',
      readSeconds,
    )
    .option('--title <title>', 'title of the recording; its date and time unless told')
    .option('--tag <tag>', 'a tag (repeatable)', collect)
    .addOption(
      new Option(
        '--program <name>',
        'capture with this program alone; else the first that gives sound',
      ).choices(PROGRAM_NAMES),
    )
    .option('--list-devices', 'name the inputs of this machine, and record nothing')
    .addHelpText('after', EXAMPLES)
    .action((options: RecordOptions) => record(cli, options));
}

async function record(cli: Cli, options: RecordOptions): Promise<void> {
  const { output } = cli;
  const programs = findCapturePrograms(cli.env['PATH'], options.program);
  if (options.listDevices) {
    await listDevices(cli, programs);
    return;
  }
  // Opened once before anything is recorded: a store that cannot be used is told of now, not afterwards.
  const door = await openLibraryDoor(cli);
  const wish = {
    preset: options.preset.id,
    ...(options.duration === undefined ? {} : { minutes: options.duration / 60 }),
  };
  await requirePreflight(door, output, wish).catch(async (error: unknown) => {
    await door.close();
    throw error;
  });
  const leftovers = finishLeftoverTakes(door.dataDir, {
    takes: door.takes,
    amend: (id, amendment) => door.amend(id, amendment),
    onFinished: (title, id) =>
      output.note(`An interrupted take is in the library now: ${printable(title)} (${shortId(id)})`),
    onFailure: (folder, error) =>
      output.note(`The take in ${printable(folder)} stays there: ${sentenceOf(error)}`),
  }).finally(() => door.close());
  try {
    const { recording, end } = await recordParts(
      cli,
      {
        programs,
        preset: options.preset,
        device: options.device,
        maxSeconds: options.duration,
        waitSeconds: options.waitForDevice ?? 0,
        title: options.title,
        tags: options.tag ?? [],
      },
      door.dataDir,
      leftovers,
    );
    if (end.kind === 'done' && recording === undefined) {
      throw new VoiceRecorderError('interrupted', 'Stopped before any sound was captured; nothing was kept.');
    }
    if (end.kind === 'done') return;
    // With a recording the rest was done, and what went wrong is said already.
    if (recording === undefined) throw end.error;
    cli.markFailed();
  } finally {
    await leftovers;
  }
}

function sentenceOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}

function readPreset(text: string): Preset {
  const preset = findPreset(text);
  if (preset) return preset;
  throw new InvalidArgumentError(
    `Expected ${PRESETS.map(({ id }) => id).join(', ')} or the id of a custom one.`,
  );
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError('Expected a number of seconds above 0.');
}

const EXAMPLES = `
Examples:
  vrp record --title "Board meeting" --tag minutes
  vrp record --preset archive --device plughw:1 --program arecord
  vrp record --duration 3600 --preset interview
  vrp record --preset archive --wait-for-device 600

Sound comes from pw-record, parec or arecord, whichever is there first and gives any. It is written to the local disk
at once and goes from there into the library: through the server when one runs, also when that one is restarted.
Ctrl-C ends the take (exit code 0); a second one ends at once. What was captured of a take that was cut off is brought
in by the next "vrp record" or "vrp start". With --json: lines with {"event": "started" | "progress" | "warning"}, and
{"event": "stored", "id", "checksum", "duration", "recording"} at the end.`;
