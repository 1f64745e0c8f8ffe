import type { Command } from 'commander';
import { counted, formatBytes } from '../../model/format.ts';
import { restoreCopies } from '../../restore-copies.ts';
import { TargetBook } from '../../sync/target-book.ts';
import { type PlaceOptions, readPlace, type TargetPlace } from '../../sync/target-place.ts';
import type { Cli } from '../cli.ts';
import { onClosedStore } from '../closed-store.ts';
import { describeStore } from '../store-place.ts';
import { printable } from '../terminal-text.ts';

interface RestoreOptions {
  readonly target: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean;
  readonly profile?: string;
}

export function register(program: Command, cli: Cli): void {
  program
    .command('restore')
    .description(
      'Bring back what a target has: a whole library on an empty machine, or what this one lost. While no server runs; Ctrl-C stops, and the next call goes on.',
    )
    .argument('[id...]', 'whole ids; everything when none is given')
    .requiredOption(
      '--target <name>',
      'name of a target, or its address: s3://bucket/prefix or file:///folder',
    )
    .option('--endpoint <url>', "with an address: of an object store that is not Amazon's")
    .option('--region <region>', 'with an address: of the bucket')
    .option('--path-style', 'with an address: the bucket is part of the path')
    .option('--profile <name>', 'with an address: section of the shared credentials file')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: RestoreOptions) => restore(cli, ids, options));
}

async function restore(cli: Cli, ids: readonly string[], options: RestoreOptions): Promise<void> {
  const { output } = cli;
  const place = placeOf(cli, options);
  const work = (closed: Parameters<Parameters<typeof onClosedStore>[1]>[0]) =>
    restoreCopies({ ...closed, place, ...(ids.length > 0 && { ids }) });
  const { rebuilt, ...report } = await onClosedStore(cli, work, { mayBeNew: true });
  const failed = [...report.failed, ...rebuilt.failed];
  if (failed.length > 0) cli.markFailed();
  if (output.isJson) {
    const { recovered, adopted } = rebuilt;
    output.document({ ...report, recovered, adopted, failed });
    return;
  }
  const there = report.present > 0 ? `, ${report.present} lay here already` : '';
  output.line(
    `${counted(report.fetched, 'recording')} brought back (${formatBytes(report.fetchedBytes)})${there}. ` +
      `The catalogue has ${rebuilt.recovered} from their sidecars, ${rebuilt.adopted} described anew.`,
  );
  for (const { message, code } of failed) output.line(`  ${printable(message)} [${code}]`);
}

function placeOf(cli: Cli, { target, pathStyle, ...options }: RestoreOptions): TargetPlace {
  if (target.includes(':')) {
    const wish: PlaceOptions = { ...options, ...(pathStyle && { isPathStyle: true }) };
    return readPlace(target, wish);
  }
  const { stateDir, storeId, seenId } = describeStore(cli);
  return new TargetBook(stateDir, storeId ?? seenId ?? '').get(target).place;
}

const EXAMPLES = `
Examples:
  vrp restore --target nas
  vrp restore --target s3://interviews/studio --endpoint https://s3.example.org --path-style`;
