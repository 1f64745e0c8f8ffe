import { useEffect, useState } from 'react';
import { formatClock, formatLengthInWords } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { useCapture, useCaptureValue } from './capture-context.tsx';
import { isRemark } from './problems.tsx';

const SPOKEN_EVERY_MS = 30_000;

/** Tells a screen reader the state and remarks at once when they change, captured and safe every 30 seconds. */
export function CaptureAnnouncer() {
  const capture = useCapture();
  const phase = useCaptureValue((snapshot) => snapshot.phase);
  const remarks = useCaptureValue(({ problems }) =>
    problems
      .filter(({ code }) => isRemark(code))
      .map(({ message }) => message)
      .join(' '),
  );
  const [times, setTimes] = useState('');
  useEffect(() => {
    setTimes('');
    if (phase !== 'recording' && phase !== 'sending') return;
    const timer = setInterval(() => {
      const { capturedSeconds, safeSeconds } = capture.snapshot();
      setTimes(
        STRINGS.record.announce(formatLengthInWords(capturedSeconds), formatLengthInWords(safeSeconds)),
      );
    }, SPOKEN_EVERY_MS);
    return () => clearInterval(timer);
  }, [capture, phase]);
  return (
    <div className="sr-only" aria-live="polite">
      <p>{phase === 'idle' ? '' : STRINGS.record.state[phase]}</p>
      <p>{times}</p>
      <p>{remarks}</p>
    </div>
  );
}

/** `Captured 12:31 · Safe on the server 12:29` */
export function CapturedAndSafeLine() {
  const captured = useCaptureValue((snapshot) => Math.floor(snapshot.capturedSeconds));
  const safe = useCaptureValue((snapshot) => Math.floor(snapshot.safeSeconds));
  return <span className="digits">{STRINGS.record.safeLine(formatClock(captured), formatClock(safe))}</span>;
}
