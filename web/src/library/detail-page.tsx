import { useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Recording } from '../../../src/model/recording.ts';
import { undoChange } from '../api/history.ts';
import { ApiError, messageOf } from '../api/http.ts';
import { rememberRecording, usePeaks, useRecording, useTake } from '../api/queries.ts';
import { amendRecording, downloadAddress, fetchRecording, playableAddress } from '../api/recordings.ts';
import { STRINGS } from '../strings.ts';
import { ChevronLeftIcon, DownloadIcon, RestoreIcon, TrashIcon } from '../ui/icons.tsx';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { Condition } from './condition.tsx';
import { DetailForm } from './detail-form.tsx';
import { Facts } from './facts.tsx';
import type { ShownChange } from './gather-typing.ts';
import { HistorySection } from './history-section.tsx';
import { momentOf } from './list-rows.ts';
import { useOtherStore } from './other-store.ts';
import { Player } from './player.tsx';
import { TakeDetail } from './take-detail.tsx';
import { momentsOf } from './timeline.tsx';
import type { Subject } from './use-amendments.ts';
import { useTrash } from './use-trash.ts';

const words = STRINGS.detail;

export function DetailPage() {
  const { id } = useParams({ from: '/library/$id' });
  const recording = useRecording(id);
  return (
    <div className="mx-auto w-full max-w-4xl px-4 py-4 sm:px-8 sm:py-6">
      <Link to="/library" className="button button-plain -ml-3 mb-2 lg:hidden">
        <ChevronLeftIcon />
        {STRINGS.library.back}
      </Link>
      {recording.isError && !recording.data ? <NotThere error={recording.error} /> : null}
      {recording.data ? <Opened key={id} recording={recording.data} /> : null}
    </div>
  );
}

function NotThere({ error }: { readonly error: Error }) {
  const isUnknown = error instanceof ApiError && error.status === 404;
  return (
    <Notice kind="problem" isUrgent>
      {isUnknown ? words.unknown : messageOf(error)}
    </Notice>
  );
}

/** The take where the recording is one of several segments, else the recording itself. */
function Opened({ recording }: { readonly recording: Recording }) {
  const take = useTake(recording.takeId);
  if (recording.takeId !== null && take.isPending) return null;
  const isSegment = take.data?.segments.some(({ id }) => id === recording.id) ?? false;
  if (!take.data || !isSegment || take.data.segments.length < 2) return <Detail recording={recording} />;
  return <TakeDetail key={recording.takeId} take={take.data} />;
}

function Detail({ recording }: { readonly recording: Recording }) {
  usePageTitle(recording.title);
  const queries = useQueryClient();
  const otherStore = useOtherStore(recording);
  const { trash, restore } = useTrash();
  const subject: Subject<Recording> = {
    kept: recording,
    amend: (amendment, { version }) => amendRecording(recording.id, amendment, version),
    fetch: () => fetchRecording(recording.id),
    remember: (answer) => rememberRecording(queries, answer),
  };
  const isTrashed = recording.trashedAt !== null;
  return (
    <article className="flex flex-col gap-6">
      <DetailForm subject={subject} at={momentOf(recording)} duration={recording.duration}>
        {otherStore === null ? <RecordingPlayer recording={recording} /> : null}
        {otherStore ? <Notice kind="remark">{words.inOtherStore(otherStore)}</Notice> : null}
        {isTrashed ? <Notice kind="remark">{words.trashed}</Notice> : null}
        <Remarks recording={recording} />
      </DetailForm>
      <div className="flex flex-wrap gap-2">
        {otherStore === null ? (
          <a className="button" href={downloadAddress(recording.id)} download>
            <DownloadIcon size={18} />
            {words.download}
          </a>
        ) : null}
        {isTrashed ? (
          <button type="button" className="button" onClick={() => restore(recording)}>
            <RestoreIcon size={18} />
            {words.restore}
          </button>
        ) : (
          <button type="button" className="button" onClick={() => trash(recording)}>
            <TrashIcon size={18} />
            {words.trash}
          </button>
        )}
      </div>
      <Condition recording={recording} isHere={otherStore === null} />
      <HistorySection
        recording={recording}
        undo={async (change) => rememberRecording(queries, await undo(recording, change))}
      />
      <Facts recording={recording} />
    </article>
  );
}

function RecordingPlayer({ recording }: { readonly recording: Recording }) {
  const peaks = usePeaks(recording.id);
  const moments = useMemo(() => momentsOf(recording), [recording]);
  return (
    <Player
      address={playableAddress(recording.id)}
      duration={recording.duration}
      peaks={peaks}
      moments={moments}
    />
  );
}

/** What was typed in one go stands in several versions; one alone is taken back by its number. */
function undo({ id, version }: Recording, change: ShownChange): Promise<Recording> {
  if (change.firstVersion === change.version) return undoChange(id, change.version);
  return amendRecording(id, { notes: change.before.notes ?? '' }, version);
}

function Remarks({ recording }: { readonly recording: Recording }) {
  if (recording.warnings.length === 0) return null;
  return (
    <Notice kind="remark" heading={words.remarks}>
      <ul className="flex flex-col gap-1">
        {recording.warnings.map((warning) => (
          <li key={warning.code}>{warning.message}</li>
        ))}
      </ul>
    </Notice>
  );
}
