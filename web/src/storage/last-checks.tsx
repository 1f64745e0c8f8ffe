import { Link } from '@tanstack/react-router';
import { useVerification } from '../api/queries.ts';
import { formatDateTime } from '../format/date.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';

const words = STRINGS.storage;

/** Whether everything is still what it was: what was not read again yet, and which check is the longest ago. */
export function LastChecks() {
  const { data } = useVerification();
  if (!data) return null;
  const { oldest, neverVerifiedCount, faults } = data;
  const count = new Intl.NumberFormat().format(neverVerifiedCount);
  return (
    <section aria-labelledby="storage-checks" className="sheet p-5">
      <h2 id="storage-checks" className="font-semibold">
        {words.checks}
      </h2>
      {faults.length > 0 ? (
        <div className="mt-2">
          <Notice kind="problem">
            {words.faults(faults.length)}
            <ul className="mt-1">
              {faults.slice(0, 5).map(({ id, message, result }) => (
                <li key={id}>
                  <Link to="/library/$id" params={{ id }} className="underline">
                    {message ?? result}
                  </Link>
                </li>
              ))}
            </ul>
          </Notice>
        </div>
      ) : null}
      {oldest === null ? (
        <p className="mt-1 text-ink-soft">{words.nothingToCheck}</p>
      ) : (
        <>
          <p className="mt-1 text-ink-soft">
            {neverVerifiedCount === 0
              ? words.allChecked
              : words.neverChecked(count, neverVerifiedCount === 1)}
          </p>
          <p className="mt-1">
            {words.oldest}{' '}
            <Link to="/library/$id" params={{ id: oldest.id }} className="text-petrol underline">
              {oldest.title}
            </Link>
            ,{' '}
            {oldest.lastVerifiedAt
              ? words.oldestAt(formatDateTime(oldest.lastVerifiedAt))
              : words.oldestNever}
          </p>
        </>
      )}
    </section>
  );
}
