import type { StorageOverview } from '../api/storage.ts';
import { formatMonth } from '../format/date.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';

const words = STRINGS.storage;
const MONTHS_SHOWN = 24;

/** What came in by month: bars to look at; each says its month and size to those who cannot see it. */
export function MonthsPicture({ growth }: Pick<StorageOverview, 'growth'>) {
  const months = growth.slice(-MONTHS_SHOWN);
  const highest = Math.max(1, ...months.map(({ bytes }) => bytes));
  const number = new Intl.NumberFormat();
  return (
    <section aria-labelledby="storage-growth" className="sheet p-5">
      <h2 id="storage-growth" className="font-semibold">
        {words.growth}
      </h2>
      <p className="text-ink-soft">{months.length === 0 ? words.growthEmpty : words.growthBody}</p>
      {months.length === 0 ? null : (
        <ol className="mt-4 flex h-36 items-end gap-1">
          {months.map(({ month, count, bytes }) => (
            <li
              key={month}
              className="relative h-full max-w-12 min-w-2 flex-1"
              title={words.growthMonth(
                formatMonth(month),
                number.format(count),
                count === 1,
                formatBytes(bytes),
              )}
            >
              <span className="sr-only">
                {words.growthMonth(formatMonth(month), number.format(count), count === 1, formatBytes(bytes))}
              </span>
              <span
                aria-hidden="true"
                className="absolute inset-x-0 bottom-0 min-h-0.5 rounded-t bg-petrol"
                style={{ height: `${(100 * bytes) / highest}%` }}
              />
            </li>
          ))}
        </ol>
      )}
      {months.length === 0 ? null : (
        <p aria-hidden="true" className="digits mt-1 flex justify-between text-sm text-ink-soft">
          <span>{formatMonth(months[0]?.month ?? '')}</span>
          {months.length > 1 ? <span>{formatMonth(months.at(-1)?.month ?? '')}</span> : null}
        </p>
      )}
    </section>
  );
}
