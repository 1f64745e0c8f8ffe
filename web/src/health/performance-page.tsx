import { useState } from 'react';
import { messageOf } from '../api/http.ts';
import { usePerformance } from '../api/performance.ts';
import { formatBytes, formatPercent } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { FigureCard } from './figure-card.tsx';
import { HealthTabs } from './health-tabs.tsx';

const words = STRINGS.performance;
const SPANS_HOURS = [1, 6, 24] as const;

const perSecond = (value: number) => words.perSecond(Number(value.toPrecision(2)).toLocaleString());
const bytesPerSecond = (value: number) => words.perSecond(formatBytes(value));
const duration = (seconds: number) =>
  seconds < 1
    ? words.milliseconds(Number((seconds * 1000).toPrecision(2)).toLocaleString())
    : words.seconds(Number(seconds.toPrecision(2)).toLocaleString());
const count = (value: number) => Math.round(value).toLocaleString();

/** How fast the server answers and what it has to do, as charts that go on by themselves. */
export function PerformancePage() {
  usePageTitle(words.heading);
  const [hours, setHours] = useState<number>(1);
  const { data: past, isPending, error } = usePerformance(hours);
  return (
    <div className="mx-auto w-full max-w-5xl px-4 py-4 sm:px-8 sm:py-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">{words.heading}</h1>
        <HealthTabs />
      </div>
      <label className="mt-3 flex items-center gap-2">
        {words.span}
        <select
          className="field w-auto"
          value={hours}
          onChange={({ target }) => setHours(Number(target.value))}
        >
          {SPANS_HOURS.map((span) => (
            <option key={span} value={span}>
              {words.hours(span)}
            </option>
          ))}
        </select>
      </label>
      {error ? (
        <div className="mt-4">
          <Notice kind="problem" heading={words.failed} isUrgent>
            {messageOf(error)}
          </Notice>
        </div>
      ) : null}
      {isPending ? (
        <p role="status" className="mt-4 text-ink-soft">
          {words.loading}
        </p>
      ) : null}
      {past ? (
        <div className="mt-4 grid gap-4 md:grid-cols-2">
          <FigureCard
            {...{ past, hours, heading: words.requests, format: perSecond }}
            figures={[
              { name: 'requestsPerSecond', label: words.answered, tone: 'petrol' },
              { name: 'failedRequestsPerSecond', label: words.failedRequests, tone: 'record' },
            ]}
          />
          <FigureCard
            {...{ past, hours, heading: words.latency, format: duration }}
            figures={[
              { name: 'requestP95Seconds', label: words.ofRequests, tone: 'petrol' },
              { name: 'sessionP95Seconds', label: words.ofSessions, tone: 'warn' },
            ]}
          />
          <FigureCard
            {...{ past, hours, heading: words.throughput, format: bytesPerSecond }}
            figures={[
              { name: 'receivedBytesPerSecond', label: words.received, tone: 'petrol' },
              { name: 'sentBytesPerSecond', label: words.sent, tone: 'safe' },
            ]}
          />
          <FigureCard
            {...{ past, hours, heading: words.sessions, format: perSecond }}
            figures={[{ name: 'sessionsPerSecond', label: words.sessions, tone: 'petrol' }]}
          />
          <FigureCard
            {...{ past, hours, heading: words.load, format: formatPercent }}
            figures={[
              { name: 'eventLoopShare', label: words.eventLoop, tone: 'petrol' },
              { name: 'processorShare', label: words.processor, tone: 'warn' },
            ]}
          />
          <FigureCard
            {...{ past, hours, heading: words.memory, format: formatBytes }}
            figures={[{ name: 'memoryBytes', label: words.memory, tone: 'petrol' }]}
          />
          <FigureCard
            {...{ past, hours, heading: words.takes, format: count }}
            figures={[{ name: 'liveTakes', label: words.running, tone: 'record', isBars: true }]}
          />
        </div>
      ) : null}
    </div>
  );
}
