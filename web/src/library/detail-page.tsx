import { Link, useParams } from '@tanstack/react-router';
import type { Recording } from '../../../src/model/recording.ts';
import { ApiError, messageOf } from '../api/http.ts';
import { useRecording } from '../api/queries.ts';
import { downloadAddress } from '../api/recordings.ts';
import { STRINGS } from '../strings.ts';
import { ChevronLeftIcon, DownloadIcon, RestoreIcon, TrashIcon } from '../ui/icons.tsx';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { DetailForm } from './detail-form.tsx';
import { Facts } from './facts.tsx';
import { Player } from './player.tsx';
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
      {recording.data ? <Detail key={id} recording={recording.data} /> : null}
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

function Detail({ recording }: { readonly recording: Recording }) {
  usePageTitle(recording.title);
  const { trash, restore } = useTrash();
  const isTrashed = recording.trashedAt !== null;
  return (
    <article className="flex flex-col gap-6">
      <DetailForm recording={recording}>
        <Player recording={recording} />
        {isTrashed ? <Notice kind="remark">{words.trashed}</Notice> : null}
        <Remarks recording={recording} />
      </DetailForm>
      <div className="flex flex-wrap gap-2">
        <a className="button" href={downloadAddress(recording.id)} download>
          <DownloadIcon size={18} />
          {words.download}
        </a>
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
      <Facts recording={recording} />
    </article>
  );
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
