import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { forEachRecording } from '../each-recording.ts';
import { showPage } from '../show-page.ts';
import { readLimit } from './list.ts';

export function register(program: Command, cli: Cli): void {
  const trash = program
    .command('trash')
    .description('See what lies in the trash, or take recordings out of it.')
    .addHelpText('after', EXAMPLES);
  trash
    .command('list', { isDefault: true })
    .description('list what lies in the trash')
    .option('-n, --limit <number>', 'how many, 1 to 500', readLimit, 50)
    .option('--cursor <cursor>', 'go on where the page before ended (its "nextCursor")')
    .action(({ limit, cursor }: { limit: number; cursor?: string }) =>
      showPage(cli, { limit, isTrashed: true, ...(cursor === undefined ? {} : { cursor }) }),
    );
  trash
    .command('restore')
    .description('take recordings out of the trash')
    .argument('<id...>', 'ids, or 8 characters or more from the beginning or end of each')
    .action((ids: string[]) =>
      forEachRecording(cli, ids, 'Back in the library', (door, recording) => door.restore(recording.id)),
    );
}

const EXAMPLES = `
Examples:
  vrp trash
  vrp trash restore 7c3e91ab`;
