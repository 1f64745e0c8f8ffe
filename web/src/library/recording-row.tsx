import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { ListedRecording } from '../../../src/model/recording.ts';
import { formatDateTime, formatTime } from '../format/date.ts';
import { formatName } from '../format/format-name.ts';
import { formatClock } from '../format/length.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { WarningIcon } from '../ui/icons.tsx';
import { momentOf } from './list-rows.ts';
import { Marked } from './marked.tsx';

const words = STRINGS.library;
const TAGS_SHOWN = 3;

interface RecordingRowProps {
  readonly recording: ListedRecording;
  readonly isOpen: boolean;
  /** True: it stands under the heading of its day. */
  readonly hasDay: boolean;
}

export const RecordingRow = memo(function RecordingRow({ recording, isOpen, hasDay }: RecordingRowProps) {
  const { title, notes, tags, warnings, takeSegmentCount = 1, matches = [], notesExcerpt } = recording;
  const duration = recording.takeDuration ?? recording.duration;
  // Under the heading of its day the time is enough, unless it was recorded on another day than it came in.
  const isSameMoment =
    hasDay && (recording.recordedAt === null || sameDay(recording.recordedAt, recording.createdAt));
  return (
    <Link
      to="/library/$id"
      params={{ id: recording.id }}
      aria-current={isOpen ? 'page' : undefined}
      className={`flex h-[calc(100%-4px)] flex-col justify-center gap-0.5 rounded-xl border-l-4 px-3 transition-colors ${
        isOpen ? 'border-petrol bg-petrol-soft' : 'border-transparent hover:bg-sunk'
      }`}
    >
      <span className="flex items-baseline gap-3">
        <span className="min-w-0 flex-1 truncate font-serif text-[1.0625rem]">
          <Marked text={title} matches={matches.filter(({ field }) => field === 'title')} />
        </span>
        <span className="digits shrink-0 font-medium">
          {duration === null ? words.lengthUnknown : formatClock(duration)}
        </span>
      </span>
      <span className="digits flex items-center gap-2 text-[0.8125rem] text-ink-soft">
        <span className="min-w-0 flex-1 truncate">
          {isSameMoment ? formatTime(momentOf(recording)) : formatDateTime(momentOf(recording))} ·{' '}
          {takeSegmentCount > 1 ? `${STRINGS.take.partCount(takeSegmentCount)} · ` : null}
          {formatName(recording)} · {formatBytes(recording.takeFilesizeBytes ?? recording.filesizeBytes)}
        </span>
        {warnings.length > 0 ? (
          <span
            className="inline-flex shrink-0 items-center text-warn"
            title={words.warnings(warnings.length)}
          >
            <WarningIcon size={16} />
            <span className="sr-only">{words.warnings(warnings.length)}</span>
          </span>
        ) : null}
      </span>
      {notesExcerpt ? (
        <span className="line-clamp-2 text-[0.8125rem] leading-5 text-ink-soft">
          <Marked
            text={notes}
            matches={matches.filter(({ field }) => field === 'notes')}
            part={notesExcerpt}
          />
        </span>
      ) : null}
      {tags.length > 0 ? (
        <span className="flex gap-1 overflow-hidden pt-0.5">
          {tags.slice(0, TAGS_SHOWN).map((tag) => (
            <span
              key={tag}
              className="max-w-32 truncate rounded-full bg-sunk px-2 text-xs leading-[1.125rem] text-ink-soft border border-line"
            >
              {tag}
            </span>
          ))}
          {tags.length > TAGS_SHOWN ? (
            <span className="text-xs leading-[1.125rem] text-ink-soft">+{tags.length - TAGS_SHOWN}</span>
          ) : null}
        </span>
      ) : null}
    </Link>
  );
});

function sameDay(a: string, b: string): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
