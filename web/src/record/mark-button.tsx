import { useEffect, useRef, useState } from 'react';
import { formatClock } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { FlagIcon } from '../ui/icons.tsx';
import { usePageKeys } from '../ui/page-keys.ts';
import { useCapture, useCaptureSnapshot } from './capture-context.tsx';

const words = STRINGS.moments;

/** Marks the moment that is captured now; M does the same on the recorder's page. */
export function MarkButton() {
  const capture = useCapture();
  const { phase, markers } = useCaptureSnapshot();
  const canMark = phase === 'recording' || phase === 'paused';
  const [said, setSaid] = useState('');
  const seen = useRef(markers.length);
  useEffect(() => {
    const newest = markers.at(-1);
    if (markers.length > seen.current && newest) setSaid(words.said(formatClock(newest.takeSeconds)));
    seen.current = markers.length;
  }, [markers]);
  usePageKeys((key) => {
    if (key !== 'm' || !canMark) return false;
    capture.addMarker();
    return true;
  });
  return (
    <>
      {canMark ? (
        <button
          type="button"
          className="mx-auto flex min-h-9 items-center gap-2 rounded-lg border border-deck-line px-3.5 text-sm font-semibold hover:bg-white/10 pointer-coarse:min-h-11"
          aria-keyshortcuts="m"
          onClick={() => capture.addMarker()}
        >
          <FlagIcon size={18} />
          {words.mark}
        </button>
      ) : null}
      <p role="status" className="sr-only">
        {said}
      </p>
    </>
  );
}
