import type { StorageOverview } from '../api/storage.ts';
import { formatMonthDay } from '../format/date.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { PartsBar } from './parts-bar.tsx';

const words = STRINGS.storage;
const COLOURS = {
  store: 'var(--petrol)',
  others: 'var(--line-strong)',
  free: 'color-mix(in srgb, var(--safe) 30%, var(--sheet))',
} as const;

/** The disk: what the library takes, what everything else takes, what is free, and until when. */
export function DiskPicture({ overview }: { readonly overview: StorageOverview }) {
  const { freeBytes, totalBytes, byKind } = overview;
  const store = Object.values(byKind).reduce((sum, { bytes }) => sum + bytes, 0);
  const sizes = { store, others: Math.max(0, totalBytes - freeBytes - store), free: freeBytes };
  const keys = ['store', 'others', 'free'] as const;
  return (
    <section aria-labelledby="storage-disk" className="sheet p-5">
      <h2 id="storage-disk" className="font-semibold">
        {words.disk}
      </h2>
      <p className="digits mt-1 text-2xl font-semibold tracking-tight">
        {words.free(formatBytes(freeBytes), formatBytes(totalBytes))}
      </p>
      <PartsBar parts={keys.map((key) => ({ key, size: sizes[key], colour: COLOURS[key] }))} />
      <ul className="digits mt-3 flex flex-wrap gap-x-6 gap-y-1">
        {keys.map((key) => (
          <li key={key} className="flex items-center gap-2.5">
            <span aria-hidden="true" className="size-3 rounded-sm" style={{ background: COLOURS[key] }} />
            {words.diskParts[key]} {formatBytes(sizes[key])}
          </li>
        ))}
      </ul>
      <p className="mt-3 text-ink-soft">{forecastOf(overview)}</p>
    </section>
  );
}

function forecastOf({ forecast }: StorageOverview): string {
  if (forecast === null) return words.noForecast;
  return forecast.fullOn === null ? words.notFull : words.fullOn(formatMonthDay(forecast.fullOn));
}
