import { Link } from '@tanstack/react-router';
import { type ShownJob, secondsLeft, subjectOf } from '../../../src/model/job.ts';
import { formatTime } from '../format/date.ts';
import { formatLengthInWords } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';

const words = STRINGS.jobs;

/** `Waveform: Harbour` */
export function nameOf({ kind, title }: Pick<ShownJob, 'kind' | 'title'>): string {
  const name = words.kinds[kind] ?? kind;
  return title === null ? name : words.name(name, title);
}

interface JobProps {
  readonly job: ShownJob;
  /** A link to the recording was followed. */
  readonly onLeave: () => void;
}

interface RunningJobProps extends JobProps {
  readonly isBusy: boolean;
  /** Not there for who may not cancel. */
  readonly onCancel: (() => void) | undefined;
}

export function RunningJob({ job, onLeave, isBusy, onCancel }: RunningJobProps) {
  const share = Math.floor(job.progress * 100);
  const left = secondsLeft(job);
  const text = left === null ? words.share(share) : words.left(share, formatLengthInWords(roughly(left)));
  const isBegun = job.progress > 0;
  return (
    <li className="py-3">
      <JobName job={job} onLeave={onLeave} />
      <ProgressBar label={nameOf(job)} share={isBegun ? job.progress : undefined} />
      <div className="flex items-baseline gap-3">
        <p className="digits min-w-0 flex-1 text-sm text-ink-soft">
          {job.isCancelRequested ? words.stopping : isBegun ? text : words.begun}
        </p>
        {onCancel ? (
          <JobButton
            label={words.cancel}
            name={words.cancelOf(nameOf(job))}
            isBusy={isBusy || job.isCancelRequested}
            onPress={onCancel}
          />
        ) : null}
      </div>
    </li>
  );
}

/** Whole minutes, where seconds would only seem to be known. */
function roughly(seconds: number): number {
  return seconds < 100 ? Math.ceil(seconds) : Math.round(seconds / 60) * 60;
}

interface RetryableJobProps extends JobProps {
  readonly isBusy: boolean;
  readonly onRetry: () => void;
}

/** One that failed for good, with its reason, or was cancelled. */
export function RetryableJob({ job, onLeave, isBusy, onRetry }: RetryableJobProps) {
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 py-3">
      <div className="min-w-48 flex-1">
        <JobName job={job} onLeave={onLeave} />
        {job.state === 'dead' && job.error ? (
          <p className="text-record break-words">{job.error.message}</p>
        ) : null}
      </div>
      <JobButton label={words.retry} name={words.retryOf(nameOf(job))} isBusy={isBusy} onPress={onRetry} />
    </li>
  );
}

interface JobButtonProps {
  readonly label: string;
  /** What a screen reader says: the label, and of which job. */
  readonly name: string;
  readonly isBusy: boolean;
  readonly onPress: () => void;
}

/** Says that it is busy and does nothing then, but keeps the focus: a disabled button would lose it. */
function JobButton({ label, name, isBusy, onPress }: JobButtonProps) {
  return (
    <button
      type="button"
      className="button aria-disabled:opacity-50"
      aria-label={name}
      aria-disabled={isBusy}
      onClick={isBusy ? undefined : onPress}
    >
      {label}
    </button>
  );
}

export function FinishedJob({ job, onLeave }: JobProps) {
  return (
    <li className="flex items-baseline gap-3 py-1.5">
      <div className="min-w-0 flex-1">
        <JobName job={job} onLeave={onLeave} />
      </div>
      <time className="digits text-sm text-ink-soft" dateTime={job.modifiedAt}>
        {formatTime(job.modifiedAt)}
      </time>
    </li>
  );
}

function JobName({ job, onLeave }: JobProps) {
  const { recordingId } = subjectOf(job);
  const kind = words.kinds[job.kind] ?? job.kind;
  return (
    <p className="break-words">
      <span className="font-semibold">{kind}</span>
      {job.title === null ? null : recordingId === null ? (
        <span className="font-serif"> {job.title}</span>
      ) : (
        <>
          {' '}
          <Link
            to="/library/$id"
            params={{ id: recordingId }}
            className="font-serif text-petrol underline"
            onClick={onLeave}
          >
            {job.title}
          </Link>
        </>
      )}
    </p>
  );
}
