import type { CheckStatus, HealthCheckResult } from '../../../src/model/health.ts';
import { formatDateTime } from '../format/date.ts';
import { STRINGS } from '../strings.ts';
import { CheckIcon, WarningIcon } from '../ui/icons.tsx';

const words = STRINGS.health;
const ORDER: readonly CheckStatus[] = ['fail', 'unknown', 'warn'];

/** What is not well, the worst first, each with what to do; what is well is folded away. */
export function CheckList({ checks }: { readonly checks: readonly HealthCheckResult[] }) {
  const unwell = checks
    .filter(({ status }) => status !== 'pass')
    .toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  const well = checks.filter(({ status }) => status === 'pass');
  return (
    <>
      {unwell.length > 0 ? (
        <section aria-labelledby="health-unwell" className="sheet p-5">
          <h2 id="health-unwell" className="font-semibold">
            {words.unwell}
          </h2>
          <ul className="mt-2 divide-y divide-line">
            {unwell.map((check) => (
              <Unwell key={check.name} check={check} />
            ))}
          </ul>
        </section>
      ) : null}
      <details className="sheet p-5">
        <summary className="cursor-pointer font-semibold">{words.well(well.length)}</summary>
        <dl className="mt-2 divide-y divide-line">
          {well.map(({ name, message }) => (
            <div key={name} className="grid gap-x-4 py-2 sm:grid-cols-[11rem_minmax(0,1fr)]">
              <dt className="flex items-center gap-2 text-ink-soft">
                <CheckIcon size={16} className="shrink-0 text-safe" />
                {name}
              </dt>
              <dd className="min-w-0 break-words">{message}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}

function Unwell({ check: { name, status, message, remedy, since } }: { readonly check: HealthCheckResult }) {
  const isBad = status === 'fail';
  return (
    <li className="flex gap-3 py-3">
      <WarningIcon size={20} className={`mt-0.5 shrink-0 ${isBad ? 'text-record' : 'text-warn'}`} />
      <div className="min-w-0">
        <p className="font-semibold">
          {name} <span className="font-normal text-ink-soft">{words.status[status]}</span>
        </p>
        <p className="break-words">{message}</p>
        {remedy === null ? null : <p className="mt-1 break-words text-ink-soft">{remedy}</p>}
        <p className="mt-1 text-sm text-ink-soft">{words.since(formatDateTime(since))}</p>
      </div>
    </li>
  );
}
