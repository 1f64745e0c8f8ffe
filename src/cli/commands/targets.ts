import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { systemClock, toIsoUtc } from '../../model/clock.ts';
import type { TargetReport } from '../../model/copy.ts';
import { VoiceRecorderError } from '../../model/failure.ts';
import { formatBytes } from '../../model/format.ts';
import { claimTarget } from '../../sync/far-marker.ts';
import { TargetBook } from '../../sync/target-book.ts';
import { addressOf, type PlaceOptions, readPlace } from '../../sync/target-place.ts';
import { type TargetTrial, testTarget } from '../../sync/test-target.ts';
import { openThreadedTarget } from '../../sync/threaded-target.ts';
import type { Cli } from '../cli.ts';
import { openLibraryDoor, withLibrary } from '../library-door.ts';
import { localTime } from '../recording-text.ts';
import { describeStore } from '../store-place.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { printable } from '../terminal-text.ts';

interface AddOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean;
  readonly profile?: string;
  readonly storageClass?: string;
  readonly sse?: string;
}

export function register(program: Command, cli: Cli): void {
  const targets = program
    .command('targets')
    .description('Say where copies of recordings go: object stores, other disks, network shares.')
    .addHelpText('after', EXAMPLES);
  targets
    .command('list', { isDefault: true })
    .description('list the targets and how they stand')
    .action(() => list(cli));
  targets
    .command('add')
    .description(
      'try a target out and add it; copies are made with "vrp sync", and by a running server at once',
    )
    .argument('<name>', 'what it is called here')
    .argument('<url>', 's3://bucket/prefix or file:///folder; credentials are never part of it')
    .option('--endpoint <url>', "of an object store that is not Amazon's")
    .option('--region <region>', 'of the bucket')
    .option('--path-style', 'the bucket is part of the path, not of the host name')
    .option(
      '--profile <name>',
      'section of the shared credentials file; else AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    )
    .option('--storage-class <class>', 'as the object store calls it')
    .option('--sse <kind>', 'encryption by the object store: AES256 or aws:kms')
    .action((name: string, url: string, options: AddOptions) => add(cli, name, url, options));
  targets
    .command('test')
    .description('write, read back, find and remove an object')
    .argument('<name>')
    .action((name: string) => test(cli, name));
  targets
    .command('remove')
    .description('send nothing there any more; the copies stay where they are')
    .argument('<name>')
    .action((name: string) => remove(cli, name));
}

async function add(cli: Cli, name: string, url: string, options: AddOptions): Promise<void> {
  const { pathStyle, sse, ...others } = options;
  const wish: PlaceOptions = {
    ...others,
    ...(pathStyle && { isPathStyle: true }),
    ...(sse && { serverSideEncryption: sse }),
  };
  const place = readPlace(url, wish);
  const { book, storeId } = await openBook(cli);
  book.requireFree(name);
  const far = openThreadedTarget(place);
  try {
    const trials = await testTarget(far, tmpdir());
    if (!cli.output.isJson) tellTrials(cli, trials);
    const fault = trials.at(-1)?.error;
    if (fault) throw new VoiceRecorderError('target-invalid', `The target was not added. ${fault.message}`);
    const id = await claimTarget(far, storeId, toIsoUtc(systemClock.nowMs()));
    book.add({ id, name, place });
  } finally {
    await far.close();
  }
  if (cli.output.isJson) cli.output.document({ name, url: addressOf(place) });
  else
    cli.output.line(
      `Copies go to "${name}" (${addressOf(place)}) from now on: "vrp sync" sends what there is.`,
    );
}

async function list(cli: Cli): Promise<void> {
  const targets = await withLibrary(cli, ({ copies }) => copies.targets());
  const { output } = cli;
  if (output.isJson) {
    output.document({ targets });
    return;
  }
  if (targets.length === 0) output.note('There is no target yet: "vrp targets add NAME URL" makes one.');
  const [heading = '', ...lines] = tableLines(COLUMNS, targets, output.columns);
  if (lines.length > 0) output.line(output.paint('bold', heading));
  for (const line of lines) output.line(line);
  for (const { name, fault } of targets)
    if (fault)
      output.note(`${output.paint('red', `${name}:`, 'stderr')} ${printable(fault.message)} [${fault.code}]`);
}

async function test(cli: Cli, name: string): Promise<void> {
  const trials = await withLibrary(cli, ({ copies }) => copies.test(name));
  if (cli.output.isJson) cli.output.document({ name, trials });
  else tellTrials(cli, trials);
  if (trials.some(({ error }) => error !== null)) cli.markFailed();
}

async function remove(cli: Cli, name: string): Promise<void> {
  const { book } = await openBook(cli);
  const { place } = book.remove(name);
  if (cli.output.isJson) cli.output.document({ name, url: addressOf(place) });
  else cli.output.line(`Nothing is sent to "${name}" any more. Its copies stay at ${addressOf(place)}.`);
}

/** The store must be there: it is named at the target. */
async function openBook(cli: Cli): Promise<{ readonly book: TargetBook; readonly storeId: string }> {
  if (describeStore(cli).storeId === undefined) await (await openLibraryDoor(cli)).close();
  const { stateDir, storeId = '' } = describeStore(cli);
  return { book: new TargetBook(stateDir, storeId), storeId };
}

function tellTrials({ output }: Cli, trials: readonly TargetTrial[]): void {
  for (const { step, durationMs, error } of trials) {
    const result =
      error === null ? `ok, ${Math.round(durationMs)} ms` : `${printable(error.message)} [${error.code}]`;
    output.line(`${step.padEnd(7)} ${result}`);
  }
}

const COLUMNS: readonly TableColumn<TargetReport>[] = [
  { title: 'TARGET', text: ({ name }) => name },
  { title: 'VERIFIED', align: 'right', text: ({ copies }) => String(copies.verified + copies.stale) },
  {
    title: 'OWED',
    align: 'right',
    text: ({ copies }) => String(copies.owed + copies.sending + copies.sent + copies.stale),
  },
  { title: 'FAILED', align: 'right', text: ({ copies }) => String(copies.failed + copies.conflict) },
  { title: 'TO SEND', align: 'right', text: ({ owedBytes }) => formatBytes(owedBytes), dropOrder: 2 },
  {
    title: 'LAST VERIFIED',
    text: ({ lastVerifiedAt }) => (lastVerifiedAt === null ? 'never' : localTime(lastVerifiedAt)),
    dropOrder: 1,
  },
  { title: 'WHERE', text: ({ url }) => printable(url), isFlexible: true },
];

const EXAMPLES = `
Examples:
  vrp targets add nas file:///mnt/nas/recordings
  vrp targets add cloud s3://interviews/studio --endpoint https://s3.example.org --path-style
  vrp targets test cloud`;
