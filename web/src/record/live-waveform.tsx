import { useRef } from 'react';
import { STRINGS } from '../strings.ts';
import { type Brush, useDrawing } from '../ui/canvas.ts';
import { useCapture, useLevelHistory } from './capture-context.tsx';
import { shareOfScale } from './decibels.ts';
import { BAR_INTERVAL_MS } from './level-history.ts';

const BAR_STEP = 5;
const SAFE_WIDTH = 3;
const CAPTURED_WIDTH = 1;
const SAFE_COLOUR = '#74dcb4';
const CAPTURED_COLOUR = '#ff9a8f';
const LINE_COLOUR = '#2b5460';

/**
 * The running take, newest at the right. A bar is a thin line while only this browser holds it and becomes solid
 * when the server has it: the difference is one of shape as well as of colour.
 */
export function LiveWaveform() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const capture = useCapture();
  const levels = useLevelHistory();

  useDrawing(canvas, (brush) => {
    drawLine(brush);
    const { phase, safeSeconds } = capture.snapshot();
    if (phase === 'idle') return;
    const isAllSafe = phase === 'saved';
    const isMoving = phase === 'recording' && !brush.isCalm;
    const sinceLast = isMoving ? Math.min(1, (brush.nowMs - levels.lastBarAtMs) / BAR_INTERVAL_MS) : 0;
    const { context, width, height } = brush;
    let x = width - SAFE_WIDTH - sinceLast * BAR_STEP;
    for (let i = levels.bars.length - 1; i >= 0 && x > -SAFE_WIDTH; i--, x -= BAR_STEP) {
      const bar = levels.bars[i];
      if (!bar) break;
      const isSafe = isAllSafe || bar.safeAtSeconds <= safeSeconds;
      const barWidth = isSafe ? SAFE_WIDTH : CAPTURED_WIDTH;
      const barHeight = Math.max(barWidth, shareOfScale(bar.peakDbfs) ** 1.6 * (height - 8));
      context.fillStyle = isSafe ? SAFE_COLOUR : CAPTURED_COLOUR;
      context.beginPath();
      context.roundRect(
        x + (SAFE_WIDTH - barWidth) / 2,
        (height - barHeight) / 2,
        barWidth,
        barHeight,
        barWidth / 2,
      );
      context.fill();
    }
  });

  return (
    <canvas ref={canvas} className="block h-full w-full" role="img" aria-label={STRINGS.record.waveform} />
  );
}

function drawLine({ context, width, height }: Brush): void {
  context.fillStyle = LINE_COLOUR;
  context.fillRect(0, height / 2 - 0.5, width, 1);
}
