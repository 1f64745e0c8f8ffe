import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface ChartLine {
  readonly label: string;
  /** Null: nothing is known of that moment; the line has a gap there. */
  readonly values: readonly (number | null)[];
  readonly tone: 'petrol' | 'safe' | 'warn' | 'record';
  /** Bars for what is counted, a line for what is measured. */
  readonly isBars?: boolean;
}

export interface TimeChartProps {
  /** Says in words what the picture shows. */
  readonly summary: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  /** What the axis spans in seconds, up to now; less when less is known. */
  readonly spanSeconds: number;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
}

const HEIGHT_PX = 150;
const AXIS_WIDTH_PX = 68;
const AXIS_HEIGHT_PX = 26;
const LEAST_SPAN_SECONDS = 600;
const FEW_POINTS = 3;
// There is no half of a recording.
const WHOLE_STEPS = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 7 }, (_, n) => step * 10 ** n))
  .toSorted((a, b) => a - b);

/** Lines over time, drawn anew when the colours of the page change. */
export function TimeChart({ summary, times, spanSeconds, lines, format }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    let chart: uPlot | undefined;
    const draw = () => {
      chart?.destroy();
      const data = [[...times], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
      chart = new uPlot(optionsFor(host, { times, lines, spanSeconds, format }), data, host);
    };
    draw();
    const sizes = new ResizeObserver(() => chart?.setSize({ width: host.clientWidth, height: HEIGHT_PX }));
    sizes.observe(host);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', draw);
      chart?.destroy();
    };
  }, [times, lines, spanSeconds, format]);
  return <div ref={place} role="img" aria-label={summary} className="min-w-0 overflow-hidden" />;
}

type Drawn = Omit<TimeChartProps, 'summary'>;

function optionsFor(host: HTMLElement, { times, lines, spanSeconds: asked, format }: Drawn): uPlot.Options {
  const style = getComputedStyle(host);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const nowSeconds = Date.now() / 1000;
  const spanSeconds = Math.min(asked, Math.max(LEAST_SPAN_SECONDS, nowSeconds - (times[0] ?? nowSeconds)));
  const isCounted = lines.every(({ isBars }) => isBars);
  const axis: uPlot.Axis = {
    stroke: colour('ink-soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: host.clientWidth,
    height: HEIGHT_PX,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { time: true, range: [nowSeconds - spanSeconds, nowSeconds] },
      y: { range: (_chart, _least, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        size: AXIS_HEIGHT_PX,
        space: 70,
        values: (_chart, ticks) => ticks.map((tick) => timeWord(tick, spanSeconds)),
      },
      {
        ...axis,
        size: AXIS_WIDTH_PX,
        space: 32,
        values: (_chart, ticks) => ticks.map(format),
        ...(isCounted ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, tone, isBars = false }): uPlot.Series => {
        const bars = isBars ? uPlot.paths.bars?.({ size: [0.8, 12] }) : undefined;
        return {
          label,
          stroke: colour(tone),
          fill: isBars ? colour(tone) : `color-mix(in srgb, ${colour(tone)} 14%, transparent)`,
          width: isBars ? 0 : 1.5,
          points: { show: !isBars && times.length < FEW_POINTS, size: 6, fill: colour(tone) },
          ...(bars ? { paths: bars } : {}),
        };
      }),
    ],
  };
}

function timeWord(seconds: number, spanSeconds: number): string {
  const at = new Date(seconds * 1000);
  const isDays = spanSeconds > 2 * 24 * 3600;
  return isDays
    ? at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
    : at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}
