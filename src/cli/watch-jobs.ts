import type { JobFilter, JobPage, ShownJob } from '../model/job.ts';
import type { Cli } from './cli.ts';
import { jobName, runningLine, stateText } from './job-text.ts';
import type { JobsDoor } from './jobs-door.ts';
import { withLibrary } from './library-door.ts';
import { openLiveLines } from './live-lines.ts';
import type { Output } from './output.ts';
import { pause } from './pause.ts';
import { fitColumns, printable } from './terminal-text.ts';

const LOOK_EVERY_MS = 1000;
/** More would not fit a screen. */
const LINES_SHOWN = 20;

/**
 * Shows what runs until Ctrl-C: bars in their place on a terminal, else a line for each change. Without a server nothing
 * runs, and there is nothing to watch.
 */
export async function watchJobs(cli: Cli, filter: JobFilter): Promise<void> {
  await withLibrary(cli, async ({ jobs }) => {
    if (!jobs.isRunning) {
      cli.output.note('No server runs, so no job does: they go on with the next "vrp start".');
      return;
    }
    const hasBars = process.stdout.isTTY && !cli.output.isJson;
    const show = hasBars ? showBars(cli.output) : tellChanges(cli.output);
    const wanted: JobFilter = hasBars ? { ...filter, state: 'running' } : filter;
    do show(await look(jobs, wanted));
    while (!cli.output.isClosed && (await pause(LOOK_EVERY_MS, cli.interruption)));
  });
}

/** In the order of their beginnings: a line that shows one job goes on showing it. */
async function look(jobs: JobsDoor, filter: JobFilter): Promise<JobPage> {
  const page = await jobs.list(filter);
  const begun = ({ startedAt }: ShownJob) => startedAt ?? '';
  return { ...page, items: page.items.toSorted((a, b) => begun(a).localeCompare(begun(b))) };
}

function showBars(output: Output): (page: JobPage) => void {
  const lines = openLiveLines(process.stdout);
  return ({ items, counts }) => {
    const running = items.slice(0, LINES_SHOWN);
    const failed = counts.dead > 0 ? `, ${counts.dead} failed` : '';
    lines.show(
      [`${counts.running} running, ${counts.queued} waiting${failed}`, ...running.map(runningLine)].map(
        (line) => fitColumns(line, output.columns - 1).trimEnd(),
      ),
    );
  };
}

function tellChanges({ isJson, jsonLine, line }: Output): (page: JobPage) => void {
  const told = new Map<string, string>();
  return ({ items }) => {
    for (const job of items) {
      const change = `${stateText(job)} ${job.attempts} ${Math.floor(job.progress * 100)}`;
      if (told.get(job.id) === change) continue;
      told.set(job.id, change);
      if (isJson) jsonLine(job);
      else line(`${stateText(job)} ${Math.floor(job.progress * 100)} %  ${jobName(job)}${errorText(job)}`);
    }
  };
}

function errorText({ state, error }: ShownJob): string {
  return state === 'dead' && error ? `: ${printable(error.message)}` : '';
}
