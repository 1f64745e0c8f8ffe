import { type Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '../../model/format.ts';
import {
  JOB_STATES,
  type JobCounts,
  type JobFilter,
  type JobPage,
  type JobState,
  type ShownJob,
} from '../../model/job.ts';
import type { Cli } from '../cli.ts';
import { forEachNamed } from '../each-named.ts';
import { findJob } from '../find-job.ts';
import { failureLine, JOB_COLUMNS, jobName, stateText } from '../job-text.ts';
import type { JobsDoor } from '../jobs-door.ts';
import { isStoreUntouched, withLibrary } from '../library-door.ts';
import { shortId } from '../recording-text.ts';
import { tableLines } from '../table.ts';
import { watchJobs } from '../watch-jobs.ts';
import { readLimit } from './list.ts';

interface ListOptions {
  readonly state?: JobState;
  readonly kind?: string;
  readonly limit: number;
  readonly watch?: boolean;
}

const ID_HELP = 'ids, or 8 characters or more from the beginning or end of each';
const NOTHING: JobPage = { items: [], counts: { queued: 0, running: 0, dead: 0 } };

export function register(program: Command, cli: Cli): void {
  const jobs = program
    .command('jobs')
    .description(
      'See the work in the background (waveforms, playable copies, measuring, checks), try it again or cancel it.',
    )
    .addHelpText('after', EXAMPLES);
  jobs
    .command('list', { isDefault: true })
    .description('list jobs, last changed first')
    .addOption(
      new Option('-s, --state <state>', 'only those in this state; dead are those that failed').choices(
        JOB_STATES,
      ),
    )
    .option(
      '-k, --kind <kind>',
      'only those of this kind: peaks, playable, joined, measure, patrol, reconcile, copy',
      readKind,
    )
    .option('-n, --limit <number>', 'how many, 1 to 500', readLimit, 50)
    .option('-w, --watch', 'show running jobs with their progress and time left until Ctrl-C')
    .action(async ({ state, kind, limit, watch = false }: ListOptions) => {
      const filter = {
        limit,
        ...(state === undefined ? {} : { state }),
        ...(kind === undefined ? {} : { kind }),
      };
      await (watch ? watchJobs(cli, filter) : list(cli, filter));
    });
  jobs
    .command('retry')
    .description('try failed or cancelled jobs anew')
    .argument('<id...>', ID_HELP)
    .action((ids: string[]) => forEachJob(cli, ids, (door, { id }) => door.retry(id)));
  jobs
    .command('cancel')
    .description('cancel waiting or running jobs')
    .argument('<id...>', ID_HELP)
    .action((ids: string[]) => forEachJob(cli, ids, (door, { id }) => door.cancel(id)));
}

async function list(cli: Cli, filter: JobFilter): Promise<void> {
  const { output } = cli;
  const page = (await isStoreUntouched(cli))
    ? NOTHING
    : await withLibrary(cli, ({ jobs }) => jobs.list(filter));
  if (output.isJson) {
    output.document(page);
    return;
  }
  if (page.items.length > 0) {
    const [heading = '', ...lines] = tableLines(JOB_COLUMNS, page.items, output.columns);
    output.line(output.paint('bold', heading));
    for (const line of lines) output.line(line);
    for (const failure of page.items.map(failureLine)) if (failure) output.line(failure);
  }
  output.note(countsText(page.counts));
}

/** One that fails does not keep the others from being done; when it is the only one, its error is the command's. */
async function forEachJob(
  cli: Cli,
  words: readonly string[],
  act: (door: JobsDoor, job: ShownJob) => Promise<ShownJob>,
): Promise<void> {
  await forEachNamed<ShownJob>(cli, words, {
    act: async ({ jobs }, word) => act(jobs, await findJob(jobs, word)),
    doneText: (done) => `Now ${stateText(done)}: ${jobName(done)} (${shortId(done.id)})`,
    finish({ jobs }, items) {
      if (!jobs.isRunning && items.some(({ state }) => state === 'queued'))
        cli.output.note('No server runs: they begin with the next "vrp start".');
    },
  });
}

function countsText({ running, queued, dead }: JobCounts): string {
  const failed = dead > 0 ? `, ${dead} failed ("vrp jobs --state dead")` : '';
  return `${counted(running, 'job')} running, ${queued} waiting${failed}.`;
}

function readKind(text: string): string {
  if (text !== '' && text.length <= 100) return text;
  throw new InvalidArgumentError('Expected the kind of a job.');
}

const EXAMPLES = `
Examples:
  vrp jobs                          the last 50, whatever became of them
  vrp jobs --watch                  how far the running ones are
  vrp jobs --state dead             those that failed for good, with the reason
  vrp jobs retry 7c3e91ab           once its reason is gone

With --json: {"items": [...], "counts": {"queued", "running", "dead"}}; retry and cancel {"items", "failed"}; with
--watch a line for each change of a job.`;
