import { type Command, InvalidArgumentError, Option } from 'commander';
import { RECORDING_ORDERS, type RecordingOrder, type RecordingQuery } from '../../model/recording.ts';
import type { Cli } from '../cli.ts';
import { showPage } from '../show-page.ts';

interface ListOptions
  extends Pick<RecordingQuery, 'query' | 'tag' | 'collection' | 'format' | 'kind' | 'cursor'> {
  readonly limit: number;
  readonly order?: RecordingOrder;
  readonly oldest?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly longer?: number;
  readonly shorter?: number;
  readonly warnings?: boolean;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('list')
    .description('List recordings, newest first, or search them.')
    .option('-q, --query <words>', 'only those with these words in title, tags, notes or file name')
    .option('-t, --tag <tag>', 'only those with this tag')
    .option('--collection <name>', 'only those in this collection')
    .option('--from <day>', 'only those recorded on that day or later (2026-11-22)', readDay)
    .option('--to <day>', 'only those recorded on that day or before', readNextDay)
    .option('--longer <seconds>', 'only those of this length or longer', readSeconds)
    .option('--shorter <seconds>', 'only those of this length or shorter', readSeconds)
    .option('--format <name>', 'only this format: opus, flac, wav, mp3 ...')
    .addOption(new Option('--kind <kind>', 'only this kind').choices(['take', 'file', 'edit']))
    .option('--warnings', 'only those with remarks about their files')
    .addOption(new Option('--order <order>', 'which come first').choices(RECORDING_ORDERS))
    .option('-n, --limit <number>', 'how many, 1 to 500', readLimit, 50)
    .option('--cursor <cursor>', 'go on where the page before ended (its "nextCursor")')
    .option('--oldest', 'oldest first, the same as --order oldest')
    .addHelpText('after', EXAMPLES)
    .action(async ({ oldest, longer, shorter, warnings, ...query }: ListOptions) => {
      await showPage(cli, {
        ...(oldest ? { order: 'oldest' } : {}),
        ...query,
        ...(longer === undefined ? {} : { minDuration: longer }),
        ...(shorter === undefined ? {} : { maxDuration: shorter }),
        ...(warnings ? { hasWarnings: true } : {}),
      });
    });
}

/** The moment a day begins in the zone of the person (TZ). */
function readDay(text: string): string {
  return dayFrom(text, 0);
}

function readNextDay(text: string): string {
  return dayFrom(text, 1);
}

function dayFrom(text: string, daysOn: number): string {
  const utc = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(text) : new Date(Number.NaN);
  // The 31st of a shorter month would be taken for the first of the next one.
  if (!Number.isNaN(utc.getTime()) && utc.toISOString().startsWith(text))
    return new Date(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate() + daysOn).toISOString();
  throw new InvalidArgumentError('Expected a day like 2026-11-22.');
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds < 1e8) return seconds;
  throw new InvalidArgumentError('Expected seconds from 0 on.');
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
  vrp list --query '"old mill" -rain' words in a row, and one that must not be there
  vrp list --longer 3600 --order longest --from 2026-01-01
  vrp list --tag interview --json   {"items": [...], "nextCursor": ...}`;
