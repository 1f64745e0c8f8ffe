import type { Recording } from '../../../src/model/recording.ts';
import { describeEvent } from '../format/event-words.ts';
import { formatClock } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { FlagIcon, WarningIcon } from '../ui/icons.tsx';

const words = STRINGS.moments;
/** Of these the audio holds nothing: they are a place, not a stretch. */
const WITHOUT_AUDIO = new Set(['drop-out', 'page-frozen', 'paused']);

/** A marker of a person, or what a recorder noticed, at its place in what is played. */
export interface Moment {
  readonly isMarker: boolean;
  readonly atSeconds: number;
  /** Stretch of the audio it covers; 0 for a place. */
  readonly coversSeconds: number;
  readonly text: string;
}

type WithMoments = Pick<Recording, 'markers' | 'timeline'>;

/** In the order of the audio; `offsetSeconds` is where the recording begins in what is played. */
export function momentsOf({ markers, timeline }: WithMoments, offsetSeconds = 0): readonly Moment[] {
  const marked = markers.map(({ atSeconds, label }) => ({
    isMarker: true,
    atSeconds: offsetSeconds + atSeconds,
    coversSeconds: 0,
    text: label || words.marker,
  }));
  const noticed = timeline.map((event) => ({
    isMarker: false,
    atSeconds: offsetSeconds + event.atSeconds,
    coversSeconds: WITHOUT_AUDIO.has(event.kind) ? 0 : event.durationSeconds,
    text: describeEvent(event),
  }));
  return [...marked, ...noticed].sort((a, b) => a.atSeconds - b.atSeconds);
}

interface MarksProps {
  readonly moments: readonly Moment[];
  readonly length: number;
}

/** Over a waveform: flags for markers, shaded stretches for events. The list beside it says the same in words. */
export function TimelineMarks({ moments, length }: MarksProps) {
  if (length <= 0) return null;
  return (
    <span aria-hidden="true" className="pointer-events-none absolute inset-0 z-10 overflow-hidden">
      {moments.map(({ isMarker, atSeconds, coversSeconds, text }) => (
        <span
          key={`${atSeconds} ${text}`}
          className={`absolute inset-y-0 ${isMarker ? 'border-l-2 border-white' : 'border-l border-dashed border-deck-warn bg-[#f3c67338]'}`}
          style={{
            left: `${Math.min(100, (atSeconds / length) * 100)}%`,
            width: `${(coversSeconds / length) * 100}%`,
          }}
        >
          {isMarker ? (
            <span className="absolute top-0 left-0 border-y-[5px] border-l-8 border-y-transparent border-l-white" />
          ) : null}
        </span>
      ))}
    </span>
  );
}

interface ListProps {
  readonly moments: readonly Moment[];
  onSeek(seconds: number): void;
}

/** The moments of a recording; each plays from its place. */
export function TimelineList({ moments, onSeek }: ListProps) {
  if (moments.length === 0) return null;
  return (
    <section className="mt-4 border-t border-deck-line pt-3" aria-labelledby="timeline">
      <h2 id="timeline" className="mb-1 text-sm font-semibold text-deck-soft">
        {words.heading}
      </h2>
      <ul className="max-h-64 overflow-y-auto">
        {moments.map(({ isMarker, atSeconds, text }) => (
          <li key={`${atSeconds} ${text}`}>
            <button
              type="button"
              className="flex min-h-9 w-full items-center gap-3 rounded-lg px-2 text-left hover:bg-white/10 pointer-coarse:min-h-11"
              aria-label={words.seek(formatClock(atSeconds), text)}
              onClick={() => onSeek(atSeconds)}
            >
              {isMarker ? (
                <FlagIcon size={16} className="shrink-0" />
              ) : (
                <WarningIcon size={16} className="shrink-0 text-deck-warn" />
              )}
              <span className="digits w-14 shrink-0 text-deck-soft">{formatClock(atSeconds)}</span>{' '}
              <span className={`min-w-0 flex-1 py-1 ${isMarker ? 'font-serif text-base' : ''}`}>{text}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
