import { formatSpan } from '../model/format.ts';
import { type JobState, type ShownJob, secondsLeft } from '../model/job.ts';
import { barText } from './bar-text.ts';
import { localTime, shortId } from './recording-text.ts';
import type { TableColumn } from './table.ts';
import { printable } from './terminal-text.ts';

/** How jobs look in a terminal. Everything returned here is safe to print. */

const STATE_TEXTS: Readonly<Record<JobState, string>> = {
  queued: 'waiting',
  running: 'running',
  done: 'done',
  dead: 'failed',
  cancelled: 'cancelled',
};

export function stateText({
  state,
  isCancelRequested,
}: Pick<ShownJob, 'state' | 'isCancelRequested'>): string {
  return isCancelRequested ? 'stopping' : STATE_TEXTS[state];
}

/** `measure of "Harbour"`: the kind, in the words of the queue, and what it is about. */
export function jobName({ kind, title }: ShownJob): string {
  return title === null ? printable(kind) : `${printable(kind)} of "${printable(title)}"`;
}

/** How far a running one is or how often a waiting one was tried, which must be seen, and then what it is about. */
function aboutText(job: ShownJob): string {
  const parts = [printable(job.title ?? '')];
  if (job.state === 'running') parts.unshift(progressText(job));
  if (job.state === 'queued' && job.attempts > 0)
    parts.unshift(`tried ${job.attempts} of ${job.maxAttempts} times`);
  return parts.filter((part) => part !== '').join(': ');
}

/** `7c3e91ab: It could not be decoded. [media-failed]`; undefined unless it failed for good. */
export function failureLine({ id, state, error }: ShownJob): string | undefined {
  if (state !== 'dead' || !error) return undefined;
  return `${shortId(id)}: ${printable(error.message)} [${printable(error.code)}]`;
}

function progressText(job: ShownJob): string {
  const left = secondsLeft(job);
  const share = `${Math.floor(job.progress * 100)} %`;
  return left === null ? share : `${share}, ${formatSpan(left)} left`;
}

/** `[#####---]  45 %  12 s left  measure of "Harbour"` */
export function runningLine(job: ShownJob): string {
  const left = secondsLeft(job);
  const parts = [barText(job.progress), ...(left === null ? [] : [`${formatSpan(left)} left`]), jobName(job)];
  return parts.join('  ');
}

export const JOB_COLUMNS: readonly TableColumn<ShownJob>[] = [
  { title: 'CHANGED', text: ({ modifiedAt }) => localTime(modifiedAt), dropOrder: 3 },
  { title: 'STATE', text: stateText },
  { title: 'KIND', text: ({ kind }) => printable(kind) },
  { title: 'ABOUT', text: aboutText, isFlexible: true },
  { title: 'ID', text: ({ id }) => shortId(id) },
];
