import { Link } from '@tanstack/react-router';
import type { StorageReport } from '../api/storage.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';

interface ScarceRoomProps {
  readonly acceptance: StorageReport['acceptance'];
  /** What somebody who records need not know is left out, and where room is made is shown. */
  readonly isForRecording?: boolean;
}

/** What the server does not begin any more, because its disk is nearly full. */
export function ScarceRoom({ acceptance, isForRecording = false }: ScarceRoomProps) {
  const refused = (['takes', 'imports', 'derived'] as const).find((what) => !acceptance[what]);
  if (refused === undefined || (isForRecording && refused !== 'takes')) return null;
  return (
    <Notice kind={refused === 'takes' ? 'problem' : 'remark'} isUrgent={refused === 'takes'}>
      {STRINGS.scarceRoom[refused]}
      {isForRecording ? (
        <>
          {' '}
          <Link to="/storage" className="underline">
            {STRINGS.storage.heading}
          </Link>
        </>
      ) : null}
    </Notice>
  );
}
