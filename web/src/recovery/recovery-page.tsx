import { messageOf } from '../api/http.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { LocalTakeRow } from './local-take-row.tsx';
import { useLocalTakes } from './use-local-takes.ts';

const words = STRINGS.recovery;

/** Every take that this browser still keeps. Needs no server and nobody signed in. */
export function RecoveryPage() {
  usePageTitle(words.heading);
  const takes = useLocalTakes(true);
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-5 px-4 py-5 sm:px-6 sm:py-8">
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">{words.heading}</h1>
        <p className="mt-1 text-ink-soft">{words.body}</p>
      </div>
      {takes.isError ? (
        <Notice kind="problem" heading={words.unreadable} isUrgent>
          {messageOf(takes.error)}
        </Notice>
      ) : takes.data === undefined ? (
        <p role="status" className="text-ink-soft">
          {words.reading}
        </p>
      ) : takes.data.length === 0 ? (
        <Notice kind="good">{words.empty}</Notice>
      ) : (
        <ul className="sheet divide-y divide-line px-5">
          {takes.data.map((take) => (
            <LocalTakeRow key={take.takeId} take={take} />
          ))}
        </ul>
      )}
    </div>
  );
}
