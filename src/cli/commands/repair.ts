import type { Command } from 'commander';
import { failureCodeOf, VoiceRecorderError } from '../../model/failure.ts';
import type { Recording } from '../../model/recording.ts';
import { mayNeedRepair, type RepairOutcome } from '../../model/repair.ts';
import type { VerifyOptions } from '../../verify/verification.ts';
import type { Cli } from '../cli.ts';
import { findRecording } from '../find-recording.ts';
import { type ImportBar, openImportBar } from '../import-bar.ts';
import { everyRecordingHere, type LibraryDoor, withLibrary } from '../library-door.ts';
import { repairOutsider } from '../repair-outsider.ts';
import { printable } from '../terminal-text.ts';

interface RepairCommandOptions {
  readonly file?: string;
  readonly output?: string;
  readonly like?: string;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('repair')
    .description(
      'Put right what can be. A file that came with a fault stays as it is and gets a repaired recording beside it; bytes that changed here are replaced only by the same bytes of a verified copy.',
    )
    .argument(
      '[id...]',
      'ids, or 8 characters or more from the beginning or end of each; all that may need it when none is given',
    )
    .option('--file <file>', 'a file that is in no library; it stays as it is')
    .option('--output <file>', 'with --file: the new file')
    .option(
      '--like <id|file>',
      'with --file: a sound recording of the same recorder, for MP4 files whose index is missing',
    )
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: RepairCommandOptions) => repair(cli, ids, options));
}

async function repair(cli: Cli, words: readonly string[], options: RepairCommandOptions): Promise<void> {
  const { file, output, like } = options;
  if (file !== undefined && output !== undefined && words.length === 0) {
    await repairOutsider(cli, { file, output, like });
  } else if (file === undefined && output === undefined && like === undefined) {
    await repairRecordings(cli, words);
  } else {
    throw new VoiceRecorderError(
      'usage',
      'Give ids of recordings, or a file with --file FILE --output NEW-FILE and, if need be, --like.',
    );
  }
}

async function repairRecordings(cli: Cli, words: readonly string[]): Promise<void> {
  const { output } = cli;
  const signal = cli.interruption;
  const counts = new Map<RepairOutcome['outcome'], number>();
  await withLibrary(cli, async (door) => {
    const plan = await planRepair(door, words);
    const showsBar = output.hasProgressBesideLines && plan.length > 0;
    const totalBytes = plan.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const bar = showsBar ? await openImportBar(totalBytes, plan.length) : undefined;
    let bytesDone = 0;
    try {
      for (const { id, sizeBytes } of plan) {
        if (signal.aborted) break;
        const onProgress = (bytes: number) => bar?.update(bytesDone + Math.min(bytes, sizeBytes));
        const outcome = await repairOne(door, id, { signal, onProgress });
        bytesDone += sizeBytes;
        bar?.countFile();
        bar?.update(bytesDone);
        if (outcome === undefined) continue;
        counts.set(outcome.outcome, (counts.get(outcome.outcome) ?? 0) + 1);
        if (outcome.outcome === 'no-copy' || outcome.outcome === 'failed') cli.markFailed();
        if (output.isJson) output.jsonLine(outcome);
        else if (outcome.outcome !== 'sound' || words.length > 0) tell(cli, outcome, bar);
      }
    } finally {
      bar?.stop();
    }
  });
  if (signal.aborted) cli.markInterrupted();
  else if (!output.isJson && words.length === 0) output.line(summaryText(counts));
}

/** Removed for good meanwhile, or stopped by the person: nothing to tell. */
async function repairOne(
  door: LibraryDoor,
  id: string,
  options: VerifyOptions,
): Promise<RepairOutcome | undefined> {
  try {
    return await door.care.repair(id, options);
  } catch (error) {
    if (options.signal?.aborted || failureCodeOf(error) === 'recording-unknown') return undefined;
    throw error;
  }
}

/** All of them first: what is repaired adds recordings to the list. */
async function planRepair(
  door: LibraryDoor,
  words: readonly string[],
): Promise<readonly { readonly id: string; readonly sizeBytes: number }[]> {
  const found: Recording[] = [];
  for (const word of words) found.push(await findRecording(door, word));
  if (words.length === 0) {
    for await (const recording of everyRecordingHere(door))
      if (mayNeedRepair(recording)) found.push(recording);
  }
  return found.map(({ id, filesizeBytes }) => ({ id, sizeBytes: filesizeBytes }));
}

function tell(cli: Cli, outcome: RepairOutcome, bar: ImportBar | undefined): void {
  if (bar && process.stdout.isTTY) bar.say(lineOf(cli, outcome));
  else cli.output.line(lineOf(cli, outcome));
}

function lineOf({ output }: Cli, { outcome, message }: RepairOutcome): string {
  const labels = {
    sound: output.paint('green', 'Sound'),
    repaired: output.paint('green', 'Repaired'),
    healed: output.paint('green', 'Healed'),
    'no-copy': output.paint('red', 'No copy'),
    failed: output.paint('red', 'Failed'),
  };
  return `${labels[outcome]}: ${printable(message)}`;
}

function summaryText(counts: ReadonlyMap<RepairOutcome['outcome'], number>): string {
  const count = (outcome: RepairOutcome['outcome']) => counts.get(outcome) ?? 0;
  const left = count('no-copy') + count('failed');
  const parts = [`${count('repaired')} repaired`, `${count('healed')} healed`];
  if (left > 0) parts.push(`${left} not`);
  return `${parts.join(', ')}.`;
}

const EXAMPLES = `
Examples:
  vrp repair                          everything that may need it
  vrp repair 7c3e91ab --json          one JSON object for each, on a line
  vrp repair --file broken.m4a --like good.m4a --output mended.m4a      then: vrp import mended.m4a

Faults it knows: WAV sizes wrong or never written, files cut short (WAV, Ogg, FLAC, WebM, MP4, MP3), damaged FLAC frames,
WebM without length or index, MP4 in fragments, MP4 without its index (AAC, Apple Lossless or AMR alone, or fragments). Such a file
is refused by "vrp import"; a sound recording made by the same recorder with the same settings says what it does not. "outcome" is "sound", "repaired" (see "repairedId"), "healed", "no-copy" or "failed".`;
