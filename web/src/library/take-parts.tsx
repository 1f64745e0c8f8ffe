import type { Recording } from '../../../src/model/recording.ts';
import { segmentNumber, type Take } from '../../../src/model/take.ts';
import { downloadAddress } from '../api/recordings.ts';
import { formatTime } from '../format/date.ts';
import { formatName } from '../format/format-name.ts';
import { formatClock, formatLengthInWords } from '../format/length.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { DownloadIcon } from '../ui/icons.tsx';
import { momentOf } from './list-rows.ts';
import { useOtherStore } from './other-store.ts';
import type { Moment } from './timeline.tsx';

const words = STRINGS.take;

/** What is missing between two parts, at its place in the joined audio. */
export function gapMoments({ gaps }: Take): readonly Moment[] {
  return gaps.map(({ atSeconds, durationSeconds, cause }) => {
    const name = words.causes[cause] ?? cause.replaceAll('-', ' ');
    const length = durationSeconds ? formatLengthInWords(Math.max(1, Math.round(durationSeconds))) : '';
    return { isMarker: false, atSeconds, coversSeconds: 0, text: words.gap(name, length) };
  });
}

/** The segments of a take in their order, each with a link to its original. */
export function TakeParts({ take }: { readonly take: Take }) {
  return (
    <section className="sheet px-5 py-4" aria-labelledby="parts">
      <h2 id="parts" className="mb-2 font-semibold">
        {words.parts}
      </h2>
      <ol>
        {take.segments.map((segment) => (
          <Part key={segment.id} segment={segment} />
        ))}
      </ol>
    </section>
  );
}

function Part({ segment }: { readonly segment: Recording }) {
  const number = segmentNumber(segment) + 1;
  const otherStore = useOtherStore(segment);
  return (
    <li className="flex items-center gap-3 border-t border-line py-2">
      <div className="min-w-0 flex-1">
        <p className="digits flex items-baseline gap-3">
          <span className="font-medium">{words.part(number)}</span>
          <span>
            {segment.duration === null ? STRINGS.library.lengthUnknown : formatClock(segment.duration)}
          </span>
        </p>
        <p className="digits truncate text-[0.8125rem] text-ink-soft">
          {formatTime(momentOf(segment))} · {formatName(segment)} · {formatBytes(segment.filesizeBytes)}
        </p>
        {otherStore ? (
          <p className="text-[0.8125rem] text-ink-soft">{STRINGS.detail.inOtherStore(otherStore)}</p>
        ) : null}
        {segment.warnings.map(({ code, message }) => (
          <p key={code} className="text-[0.8125rem] text-warn">
            {message}
          </p>
        ))}
      </div>
      {otherStore === null ? (
        <a
          className="button"
          href={downloadAddress(segment.id)}
          download
          aria-label={words.downloadPart(number)}
          title={words.downloadPart(number)}
        >
          <DownloadIcon size={18} />
        </a>
      ) : null}
    </li>
  );
}
