import type { Command } from 'commander';
import { failureCodeOf } from '../../model/failure.ts';
import { mayNeedRepair, type RepairOutcome } from '../../model/repair.ts';
import type { Cli } from '../cli.ts';
import { findRecording } from '../find-recording.ts';
import { everyRecording, type LibraryDoor, withLibrary } from '../library-door.ts';
import { printable } from '../terminal-text.ts';

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
    .addHelpText('after', EXAMPLES)
    .action((ids: string[]) => repair(cli, ids));
}

async function repair(cli: Cli, words: readonly string[]): Promise<void> {
  const { output } = cli;
  const signal = cli.interruption;
  const counts = new Map<RepairOutcome['outcome'], number>();
  await withLibrary(cli, async (door) => {
    for await (const id of idsOf(door, words)) {
      if (signal.aborted) break;
      const outcome = await repairOne(door, id, signal);
      if (outcome === undefined) continue;
      counts.set(outcome.outcome, (counts.get(outcome.outcome) ?? 0) + 1);
      if (outcome.outcome === 'no-copy' || outcome.outcome === 'failed') cli.markFailed();
      if (output.isJson) output.jsonLine(outcome);
      else if (outcome.outcome !== 'sound' || words.length > 0) output.line(lineOf(cli, outcome));
    }
  });
  if (signal.aborted) cli.markInterrupted();
  else if (!output.isJson && words.length === 0) output.line(summaryText(counts));
}

/** Removed for good meanwhile, or stopped by the person: nothing to tell. */
async function repairOne(
  door: LibraryDoor,
  id: string,
  signal: AbortSignal,
): Promise<RepairOutcome | undefined> {
  try {
    return await door.care.repair(id, { signal });
  } catch (error) {
    if (signal.aborted || failureCodeOf(error) === 'recording-unknown') return undefined;
    throw error;
  }
}

async function* idsOf(door: LibraryDoor, words: readonly string[]): AsyncGenerator<string> {
  for (const word of words) yield (await findRecording(door, word)).id;
  if (words.length > 0) return;
  // All of them first: what is repaired adds recordings to the list.
  const ids: string[] = [];
  for await (const recording of everyRecording(door)) if (mayNeedRepair(recording)) ids.push(recording.id);
  yield* ids;
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

Faults it knows: WAV sizes wrong or never written, files cut short (WAV, Ogg, FLAC, WebM, MP4, MP3), damaged FLAC frames,
WebM without length or index, MP4 in fragments. "outcome" is "sound", "repaired" (see "repairedId"), "healed", "no-copy" or "failed".`;
