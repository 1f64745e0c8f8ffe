import type { HealthReport } from '../../../src/model/health.ts';
import { useCheckPast, usePerformance } from '../api/performance.ts';
import { formatDateTime } from '../format/date.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { TimeChart } from '../ui/time-chart.tsx';
import { FigureCard } from './figure-card.tsx';

const words = STRINGS.performance;
const HOURS = 24;
const DAYS = 7;
const count = (value: number) => Math.round(value).toLocaleString();

/** The last day at a glance: what came in, what runs, and how much room there was. */
export function DayOverview({ report }: { readonly report: HealthReport }) {
  const { data: past } = usePerformance(HOURS);
  if (!past) return null;
  const added = past.figures.addedRecordings.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const since = new Date(past.since * 1000);
  const messageOf = (name: string) => report.checks.find((check) => check.name === name)?.message;
  const tiles = [
    { name: words.running, value: count(past.figures.liveTakes.at(-1) ?? 0) },
    { name: words.added(formatDateTime(since.toISOString())), value: count(added) },
    { name: words.room, value: messageOf('disk-space') },
    { name: words.verified, value: messageOf('oldest-unverified') },
  ].filter(({ value }) => value !== undefined);
  return (
    <>
      <dl className="grid gap-4 sm:grid-cols-2">
        {tiles.map(({ name, value }) => (
          <div key={name} className="sheet p-4">
            <dt className="text-sm text-ink-soft">{name}</dt>
            <dd className="mt-1 break-words font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="grid gap-4 md:grid-cols-2">
        <FigureCard
          {...{ past, hours: HOURS, heading: words.activity, format: count }}
          figures={[{ name: 'addedRecordings', label: words.cameIn, tone: 'petrol', isBars: true }]}
        />
        <RoomPast />
      </div>
    </>
  );
}

function RoomPast() {
  const { data } = useCheckPast('disk-space', DAYS);
  const samples = data?.samples ?? [];
  const last = samples.at(-1)?.value;
  if (last === undefined || last === null) return null;
  const times = samples.map(({ at }) => Date.parse(at) / 1000);
  const values = samples.map(({ value }) => value);
  const said = words.freeNow(formatBytes(last));
  return (
    <section aria-label={words.free} className="sheet min-w-0 p-4">
      <h2 className="font-semibold">{words.free}</h2>
      <p className="mt-1 text-sm text-ink-soft">{said}</p>
      <div className="mt-2">
        <TimeChart
          summary={`${words.free}. ${said}`}
          times={times}
          spanSeconds={DAYS * 24 * 3600}
          lines={[{ label: words.free, values, tone: 'safe' }]}
          format={formatBytes}
        />
      </div>
    </section>
  );
}
