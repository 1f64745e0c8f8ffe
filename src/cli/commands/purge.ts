import type { Command } from 'commander';
import { formatBytes } from '../../model/format.ts';
import type { Recording } from '../../model/recording.ts';
import type { PurgeOutcome } from '../../stored-files.ts';
import type { Cli } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { forEachRecording } from '../each-recording.ts';
import { shortId } from '../recording-text.ts';
import { printable } from '../terminal-text.ts';

interface PurgeCommandOptions {
  readonly everywhere?: boolean;
  readonly yes?: boolean;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('purge')
    .description(
      'Remove recordings for good: original, sidecar and everything derived. What stays is a tombstone (id, checksum, date).',
    )
    .argument('<id...>', 'ids, or 8 characters or more from the beginning or end of each')
    .option('--everywhere', 'also what lies of them in quarantine')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: PurgeCommandOptions) => purge(cli, ids, options));
}

function purge(cli: Cli, ids: readonly string[], options: PurgeCommandOptions): Promise<void> {
  return forEachRecording<PurgeOutcome>(cli, ids, 'Purged', async (door, recording) => {
    if (!options.yes && !(await confirm(cli, questionFor(recording)))) {
      cli.output.note(`Left alone: ${printable(recording.title)}`);
      return undefined;
    }
    return await door.files.purge(recording.id, {
      isEverywhere: options.everywhere ?? false,
      // What was shown is what goes, and nothing that somebody has changed since.
      expectedVersion: recording.version,
    });
  });
}

function questionFor({ id, title, filesizeBytes, status }: Recording): string {
  const where = status === 'trashed' ? 'in the trash' : 'in the library';
  return `Remove "${printable(title)}" (${shortId(id)}, ${formatBytes(filesizeBytes)}, ${where}) for good?`;
}

const EXAMPLES = `
Examples:
  vrp purge 7c3e91ab                    asks first
  vrp purge 7c3e91ab --everywhere --yes

With --json: {"items": [{"id", "title", "checksum", "purgedAt", "freedBytes"}], "failed"}. Snapshots of the catalogue in
backup/ keep title and notes until they are rotated away.`;
