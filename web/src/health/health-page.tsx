import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import type { HealthReport, HealthStatus } from '../../../src/model/health.ts';
import { askAnew, HEALTH_KEYS, useHealth } from '../api/health.ts';
import { messageOf } from '../api/http.ts';
import { formatDateTime } from '../format/date.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { useToast } from '../ui/toasts.tsx';
import { AlertList } from './alert-list.tsx';
import { CheckList } from './check-list.tsx';
import { HealthTabs } from './health-tabs.tsx';

const words = STRINGS.health;
// With it comes the library of the charts.
const DayOverview = lazy(async () => ({ default: (await import('./day-overview.tsx')).DayOverview }));

/** How the server and its store are, what is not well and what to do about it, and what was told of it. */
export function HealthPage() {
  usePageTitle(words.heading);
  const report = useHealth();
  const { isAsking, ask } = useAskAnew();
  return (
    <div className="mx-auto w-full max-w-4xl px-4 py-4 sm:px-8 sm:py-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">{words.heading}</h1>
        <div className="flex flex-wrap gap-3">
          <HealthTabs />
          <button type="button" className="button" aria-busy={isAsking} disabled={isAsking} onClick={ask}>
            {words.again}
          </button>
        </div>
      </div>
      {report.isError ? (
        <div className="mt-4">
          <Notice kind="problem" heading={words.failed} isUrgent>
            {messageOf(report.error)}
          </Notice>
        </div>
      ) : null}
      {report.isPending ? (
        <p role="status" className="mt-4 text-ink-soft">
          {words.loading}
        </p>
      ) : null}
      {report.data ? (
        <div className="mt-4 grid gap-4">
          <Whole report={report.data} />
          <Suspense fallback={null}>
            <DayOverview report={report.data} />
          </Suspense>
          <CheckList checks={report.data.checks} />
          <AlertList />
        </div>
      ) : null}
    </div>
  );
}

const KINDS: Readonly<Record<HealthStatus, 'good' | 'remark' | 'problem'>> = {
  healthy: 'good',
  degraded: 'remark',
  failing: 'problem',
};

function Whole({ report: { status, checkedAt } }: { readonly report: HealthReport }) {
  return (
    <div role="status">
      <Notice kind={KINDS[status]} heading={words.whole[status]}>
        {checkedAt === '' ? null : words.checkedAt(formatDateTime(checkedAt))}
      </Notice>
    </div>
  );
}

function useAskAnew() {
  const [isAsking, setAsking] = useState(false);
  const queries = useQueryClient();
  const toast = useToast();
  const ask = async () => {
    setAsking(true);
    try {
      queries.setQueryData(HEALTH_KEYS.report, await askAnew());
    } catch (error) {
      toast({ kind: 'error', message: `${words.refused}${messageOf(error)}` });
    } finally {
      setAsking(false);
    }
  };
  return { isAsking, ask: () => void ask() };
}
