import { PRESETS } from '../../../src/model/preset.ts';
import { messageOf } from '../api/http.ts';
import { useStorageOverview } from '../api/queries.ts';
import type { StorageOverview } from '../api/storage.ts';
import { formatRoom } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { DiskPicture } from './disk-picture.tsx';
import { KindsPicture } from './kinds-picture.tsx';
import { LastChecks } from './last-checks.tsx';
import { MonthsPicture } from './months-picture.tsx';
import { Recommendations } from './recommendations.tsx';
import { ScarceRoom } from './scarce-room.tsx';

const words = STRINGS.storage;

/** Where the space goes, how much is left and for how long, and what could go. */
export function StoragePage() {
  usePageTitle(words.heading);
  const overview = useStorageOverview();
  return (
    <div className="mx-auto w-full max-w-4xl px-4 py-4 sm:px-8 sm:py-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">{words.heading}</h1>
        <button
          type="button"
          className="button"
          aria-busy={overview.isFetching}
          onClick={() => void overview.refetch()}
        >
          {words.again}
        </button>
      </div>
      {overview.isError ? (
        <div className="mt-4">
          <Notice kind="problem" heading={words.failed} isUrgent>
            {messageOf(overview.error)}
          </Notice>
        </div>
      ) : null}
      {overview.isPending ? (
        <p role="status" className="mt-4 text-ink-soft">
          {words.loading}
        </p>
      ) : null}
      {overview.data ? <Overview overview={overview.data} /> : null}
    </div>
  );
}

function Overview({ overview }: { readonly overview: StorageOverview }) {
  return (
    <div className="mt-4 grid gap-4">
      <ScarceRoom acceptance={overview.acceptance} />
      <DiskPicture overview={overview} />
      <div className="grid gap-4 lg:grid-cols-2">
        <KindsPicture byKind={overview.byKind} />
        <div className="grid content-start gap-4">
          <Room minutesLeft={overview.minutesLeft} />
          <LastChecks />
        </div>
      </div>
      <MonthsPicture growth={overview.growth} />
      <Recommendations items={overview.recommendations} />
    </div>
  );
}

function Room({ minutesLeft }: Pick<StorageOverview, 'minutesLeft'>) {
  return (
    <section aria-labelledby="storage-room" className="sheet p-5">
      <h2 id="storage-room" className="font-semibold">
        {words.room}
      </h2>
      <dl className="digits mt-1">
        {PRESETS.map(({ id, name }) => (
          <div key={id} className="flex justify-between gap-4">
            <dt className="text-ink-soft">{name}</dt>
            <dd>{formatRoom(minutesLeft[id] ?? 0)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
