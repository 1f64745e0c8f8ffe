import { useEffect, useRef, useState } from 'react';
import { STRINGS } from '../strings.ts';
import { type Brush, useDrawing } from '../ui/canvas.ts';
import { WarningIcon } from '../ui/icons.tsx';
import { useCapture } from './capture-context.tsx';
import { CLIPPING_DBFS, FLOOR_DBFS, SCALE_MARKS_DBFS, shareOfScale } from './decibels.ts';

const SPOKEN_EVERY_MS = 1000;
const CLIPPING_SHOWN_MS = 2000;
const HOLD_MS = 1200;
const FALL_DB_PER_MS = 0.02;

/** Input level in decibels full scale: a bar, a held peak, a scale, and a lamp that says when it clips. */
export function LevelMeter() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const meter = useRef<HTMLMeterElement>(null);
  const capture = useCapture();
  const [isClipping, setClipping] = useState(false);
  const shown = useRef({
    barDbfs: FLOOR_DBFS,
    heldDbfs: FLOOR_DBFS,
    heldAtMs: 0,
    drawnAtMs: 0,
    clippedAtMs: -1e9,
  });

  useDrawing(canvas, (brush) => {
    const { peakDbfs } = capture.level();
    const state = shown.current;
    const fallen = state.barDbfs - (brush.nowMs - state.drawnAtMs) * FALL_DB_PER_MS;
    state.barDbfs = Math.max(peakDbfs, fallen, FLOOR_DBFS);
    state.drawnAtMs = brush.nowMs;
    if (peakDbfs >= state.heldDbfs || brush.nowMs - state.heldAtMs > HOLD_MS) {
      state.heldDbfs = Math.max(peakDbfs, FLOOR_DBFS);
      state.heldAtMs = brush.nowMs;
    }
    if (peakDbfs >= CLIPPING_DBFS) state.clippedAtMs = brush.nowMs;
    drawMeter(brush, state.barDbfs, state.heldDbfs);
  });

  useEffect(() => {
    const timer = setInterval(() => {
      const { barDbfs, clippedAtMs } = shown.current;
      if (meter.current) meter.current.value = Math.round(barDbfs);
      meter.current?.setAttribute('aria-valuetext', STRINGS.record.meterValue(barDbfs));
      setClipping(performance.now() - clippedAtMs < CLIPPING_SHOWN_MS);
    }, SPOKEN_EVERY_MS / 4);
    return () => clearInterval(timer);
  }, []);

  return (
    <div className="relative mt-3 sm:mt-0">
      <meter
        ref={meter}
        className="sr-only"
        aria-label={STRINGS.record.meter}
        min={FLOOR_DBFS}
        max={0}
        value={FLOOR_DBFS}
      />
      <p role="status" className="absolute right-0 bottom-full mb-2">
        {isClipping ? (
          <span
            className="flex items-center gap-1 rounded-md bg-deck-record px-2 py-0.5 text-xs font-semibold text-[#2a0703]"
            title={STRINGS.record.clippingHelp}
          >
            <WarningIcon size={14} />
            {STRINGS.record.clipping}
          </span>
        ) : null}
      </p>
      <canvas ref={canvas} className="block h-2.5 w-full" />
      <div className="digits relative mt-1 h-4 text-[0.6875rem] text-deck-soft" aria-hidden="true">
        {SCALE_MARKS_DBFS.map((mark) => (
          <span key={mark} className={markPlace(mark)} style={{ left: `${shareOfScale(mark) * 100}%` }}>
            {mark === 0 ? '0 dB' : `−${-mark}`}
          </span>
        ))}
      </div>
    </div>
  );
}

function markPlace(mark: number): string {
  if (mark === FLOOR_DBFS) return 'absolute';
  // On a phone there is no room for it beside the zero.
  const shown = mark === -6 ? 'hidden sm:inline' : '';
  return `absolute whitespace-nowrap ${shown} ${mark === 0 ? '-translate-x-full' : '-translate-x-1/2'}`;
}

function drawMeter({ context, width, height }: Brush, barDbfs: number, heldDbfs: number): void {
  context.fillStyle = '#1b4450';
  context.beginPath();
  context.roundRect(0, 0, width, height, height / 2);
  context.fill();
  context.save();
  context.clip();
  const colours = context.createLinearGradient(0, 0, width, 0);
  colours.addColorStop(0, '#3f9f8a');
  colours.addColorStop(shareOfScale(-12), '#74dcb4');
  colours.addColorStop(shareOfScale(-6), '#f3c673');
  colours.addColorStop(1, '#ff6a5c');
  context.fillStyle = colours;
  context.fillRect(0, 0, shareOfScale(barDbfs) * width, height);
  if (heldDbfs > FLOOR_DBFS) {
    context.fillStyle = '#ffffff';
    context.fillRect(shareOfScale(heldDbfs) * width - 2, 0, 2, height);
  }
  context.fillStyle = '#0b2932';
  for (const mark of SCALE_MARKS_DBFS) {
    if (mark > FLOOR_DBFS && mark < 0) context.fillRect(shareOfScale(mark) * width, 0, 1, height);
  }
  context.restore();
}
