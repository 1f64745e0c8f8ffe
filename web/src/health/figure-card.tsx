import { useId } from 'react';
import type { PerformanceFigure, PerformancePast } from '../../../src/model/performance.ts';
import { STRINGS } from '../strings.ts';
import { type ChartLine, TimeChart } from '../ui/time-chart.tsx';

const words = STRINGS.performance;

interface FigureCardProps {
  readonly past: PerformancePast;
  readonly hours: number;
  readonly heading: string;
  readonly figures: readonly {
    readonly name: PerformanceFigure;
    readonly label: string;
    readonly tone: ChartLine['tone'];
    readonly isBars?: boolean;
  }[];
  readonly format: (value: number) => string;
}

/** One chart with its heading, and in words what it is now and was at most. */
export function FigureCard({ past, hours, heading, figures, format }: FigureCardProps) {
  const id = useId();
  const lines = figures.map(({ name, ...line }) => ({ ...line, values: past.figures[name] }));
  const said = lines.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    const last = known.at(-1);
    if (last === undefined) return words.nothing(label);
    return words.nowAndMost(label, format(values.at(-1) ?? last), format(Math.max(...known)));
  });
  return (
    <section aria-labelledby={id} className="sheet min-w-0 p-4">
      <h2 id={id} className="font-semibold">
        {heading}
      </h2>
      <ul className="mt-1 text-sm text-ink-soft">
        {lines.map(({ label, tone }, index) => (
          <li key={label} className="flex items-center gap-2">
            <span
              aria-hidden="true"
              className="size-2.5 shrink-0 rounded-full"
              style={{ backgroundColor: `var(--${tone})` }}
            />
            {said[index]}
          </li>
        ))}
      </ul>
      <div className="mt-2">
        <TimeChart
          summary={`${heading}. ${said.join(' ')}`}
          times={past.times}
          spanSeconds={hours * 3600}
          lines={lines}
          format={format}
        />
      </div>
    </section>
  );
}
