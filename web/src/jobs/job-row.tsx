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

export function RunningJob({ job, onLeave }: JobProps) {
  const share = Math.floor(job.progress * 100);
  const left = secondsLeft(job);
  const text = left === null ? words.share(share) : words.left(share, formatLengthInWords(roughly(left)));
  const isBegun = job.progress > 0;
  return (
    <li className="py-3">
      <JobName job={job} onLeave={onLeave} />
      <ProgressBar label={nameOf(job)} share={isBegun ? job.progress : undefined} />
      <p className="digits text-sm text-ink-soft">
        {job.isCancelRequested ? words.stopping : isBegun ? text : words.begun}
      </p>
    </li>
  );
}

/** Whole minutes, where seconds would only seem to be known. */
function roughly(seconds: number): number {
  return seconds < 100 ? Math.ceil(seconds) : Math.round(seconds / 60) * 60;
}

interface FailedJobProps extends JobProps {
  readonly isBusy: boolean;
  readonly onRetry: () => void;
}

export function FailedJob({ job, onLeave, isBusy, onRetry }: FailedJobProps) {
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 py-3">
      <div className="min-w-48 flex-1">
        <JobName job={job} onLeave={onLeave} />
        {job.error ? <p className="text-record break-words">{job.error.message}</p> : null}
      </div>
      <button
        type="button"
        className="button"
        aria-label={words.retryOf(nameOf(job))}
        disabled={isBusy}
        onClick={onRetry}
      >
        {words.retry}
      </button>
    </li>
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
