import { type Command, InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.ts';
import { showPage } from '../show-page.ts';

interface ListOptions {
  readonly query?: string;
  readonly tag?: string;
  readonly limit: number;
  readonly cursor?: string;
  readonly oldest?: boolean;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('list')
    .description('List recordings, newest first, or search them.')
    .option('-q, --query <words>', 'only those with these words in title, tags, notes or file name')
    .option('-t, --tag <tag>', 'only those with this tag')
    .option('-n, --limit <number>', 'how many, 1 to 500', readLimit, 50)
    .option('--cursor <cursor>', 'go on where the page before ended (its "nextCursor")')
    .option('--oldest', 'oldest first')
    .addHelpText('after', EXAMPLES)
    .action(async ({ query, tag, limit, cursor, oldest }: ListOptions) => {
      await showPage(cli, {
        limit,
        ...(query === undefined ? {} : { query }),
        ...(tag === undefined ? {} : { tag }),
        ...(cursor === undefined ? {} : { cursor }),
        ...(oldest ? { order: 'oldest' } : {}),
      });
    });
}

export function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 500) return limit;
  throw new InvalidArgumentError('Expected a whole number from 1 to 500.');
}

const EXAMPLES = `
Examples:
  vrp list                          the newest 50
  vrp list --query "grandmo"        the last word may be unfinished
  vrp list --tag interview --json   {"items": [...], "nextCursor": ...}`;
