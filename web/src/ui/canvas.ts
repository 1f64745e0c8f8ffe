import { type RefObject, useEffect, useRef } from 'react';

export interface Brush {
  readonly context: CanvasRenderingContext2D;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly nowMs: number;
  /** The reader asked for less motion. */
  readonly isCalm: boolean;
}

const CALM_FRAME_MS = 250;

/**
 * Draws on the canvas every frame while it can be seen; four times a second for people who asked for less motion.
 * The canvas keeps the size of its box, in device pixels.
 */
export function useDrawing(canvas: RefObject<HTMLCanvasElement | null>, draw: (brush: Brush) => void): void {
  const latest = useRef(draw);
  useEffect(() => {
    latest.current = draw;
  });
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
    let lastDrawnMs = 0;
    let frame = 0;
    function onFrame(nowMs: number) {
      frame = requestAnimationFrame(onFrame);
      if (!element || !context || (calm.matches && nowMs - lastDrawnMs < CALM_FRAME_MS)) return;
      lastDrawnMs = nowMs;
      const ratio = window.devicePixelRatio || 1;
      const { clientWidth: width, clientHeight: height } = element;
      if (element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)) {
        element.width = Math.round(width * ratio);
        element.height = Math.round(height * ratio);
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      latest.current({ context, width, height, nowMs, isCalm: calm.matches });
    }
    frame = requestAnimationFrame(onFrame);
    return () => cancelAnimationFrame(frame);
  }, [canvas]);
}
