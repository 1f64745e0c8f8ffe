import { useState } from 'react';
import type { ShownEvent, ShownMarker } from '../capture/capture-port.ts';
import { describeEvent } from '../format/event-words.ts';
import { formatClock } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { useDelayed } from '../ui/debounce.ts';
import { CloseIcon, FlagIcon, WarningIcon } from '../ui/icons.tsx';
import { useCapture, useCaptureSnapshot } from './capture-context.tsx';

const words = STRINGS.moments;
const KEEP_AFTER_MS = 400;

/** Markers of the take, to be named and removed, and between them what the watchdog noticed; newest first. */
export function TakeMomentsList() {
  const { markers, events, takeId } = useCaptureSnapshot();
  if (takeId === null || (markers.length === 0 && events.length === 0)) return null;
  const rows = [
    ...markers.map((marker) => ({ key: marker.id, atSeconds: marker.takeSeconds, marker, event: null })),
    ...events.map((event, index) => ({
      key: `${index} ${event.kind}`,
      atSeconds: event.takeSeconds,
      marker: null,
      event,
    })),
  ].sort((a, b) => b.atSeconds - a.atSeconds);
  return (
    <section key={takeId} className="sheet p-5" aria-labelledby="take-moments">
      <h2 id="take-moments" className="mb-2 font-semibold">
        {words.heading}
      </h2>
      <ul className="max-h-96 divide-y divide-line overflow-y-auto">
        {rows.map(({ key, marker, event }) =>
          marker ? (
            <MarkerRow key={key} takeId={takeId} marker={marker} />
          ) : (
            <EventRow key={key} event={event} />
          ),
        )}
      </ul>
    </section>
  );
}

function MarkerRow({ takeId, marker }: { readonly takeId: string; readonly marker: ShownMarker }) {
  const capture = useCapture();
  const [typed, setTyped] = useState<string | null>(null);
  const time = formatClock(marker.takeSeconds);
  const keepSoon = useDelayed(
    (label: string) => capture.labelMarker(takeId, marker.id, label),
    KEEP_AFTER_MS,
  );
  return (
    <li className="flex items-center gap-3 py-2">
      <FlagIcon size={18} className="shrink-0 text-petrol" />
      <span className="digits w-14 shrink-0 text-ink-soft">{time}</span>
      <input
        className="field min-w-0 flex-1 font-serif"
        aria-label={words.label(time)}
        placeholder={words.labelHint}
        value={typed ?? marker.label}
        maxLength={500}
        autoComplete="off"
        onChange={(event) => {
          setTyped(event.target.value);
          keepSoon(event.target.value);
        }}
      />
      <button
        type="button"
        className="button button-plain button-icon shrink-0"
        aria-label={words.remove(time)}
        title={words.remove(time)}
        onClick={() => capture.removeMarker(takeId, marker.id)}
      >
        <CloseIcon size={18} />
      </button>
    </li>
  );
}

function EventRow({ event }: { readonly event: ShownEvent }) {
  return (
    <li className="flex items-center gap-3 py-2">
      <WarningIcon size={18} className="shrink-0 text-warn" />
      <span className="digits w-14 shrink-0 text-ink-soft">{formatClock(event.takeSeconds)}</span>
      <span className="min-w-0 flex-1">{describeEvent(event)}</span>
    </li>
  );
}
