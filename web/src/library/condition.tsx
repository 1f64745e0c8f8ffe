import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Recording } from '../../../src/model/recording.ts';
import { mayNeedRepair, type RepairOutcome } from '../../../src/model/repair.ts';
import { messageOf } from '../api/http.ts';
import { KEYS, rememberRecording, useSession } from '../api/queries.ts';
import { fetchRecording, repairRecording, verifyRecording } from '../api/recordings.ts';
import { formatDateTime } from '../format/date.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { howAccepted } from './how-accepted.ts';

const words = STRINGS.condition;

interface Said {
  readonly kind: 'problem' | 'remark' | 'good';
  readonly message: string;
  readonly repairedId?: string | null;
}

/** How the file was accepted, what was remarked then, and whether it is still what was received. */
export function Condition({
  recording,
  isHere,
}: {
  readonly recording: Recording;
  readonly isHere: boolean;
}) {
  const { status, warnings, lastVerifiedAt } = recording;
  const role = useSession().data?.role;
  const { running, said, check, repair } = useCare(recording);
  const isFaulty = status === 'damaged' || status === 'missing';
  return (
    <section className="sheet px-5 py-4" aria-labelledby="condition">
      <h2 id="condition" className="font-semibold">
        {words.heading}
      </h2>
      <p className="mt-1">{words.accepted[howAccepted(recording)]}</p>
      {warnings.length === 0 ? (
        <p className="text-ink-soft">{words.noRemarks}</p>
      ) : (
        <>
          <p className="mt-2">{words.remarks(warnings.length)}</p>
          <dl className="mt-1">
            {warnings.map(({ code, message }) => (
              <div key={code} className="border-t border-line py-2">
                <dt className="font-mono text-[0.8125rem] text-ink-soft">{code}</dt>
                <dd className="min-w-0 break-words">{message}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <p className={isFaulty ? 'mt-2 font-semibold text-record' : 'mt-2 text-ink-soft'}>
        {isFaulty
          ? words.faulty[status]
          : lastVerifiedAt === null
            ? words.neverChecked
            : words.checkedAt(formatDateTime(lastVerifiedAt))}
      </p>
      {isHere && (role === 'edit' || role === 'admin') ? (
        <div className="mt-3 flex flex-wrap gap-2">
          <button type="button" className="button" disabled={running !== undefined} onClick={check}>
            {running === 'check' ? words.checking : words.check}
          </button>
          {mayNeedRepair(recording) ? (
            <button type="button" className="button" disabled={running !== undefined} onClick={repair}>
              {running === 'repair' ? words.repairing : words.repair}
            </button>
          ) : null}
        </div>
      ) : null}
      <div role="status" className={said ? 'mt-3' : ''}>
        {said ? (
          <Notice kind={said.kind}>
            {said.message}{' '}
            {said.repairedId ? (
              <Link to="/library/$id" params={{ id: said.repairedId }} className="text-petrol underline">
                {words.openRepaired}
              </Link>
            ) : null}
          </Notice>
        ) : null}
      </div>
    </section>
  );
}

/** One thing at a time, and what came of it. */
function useCare({ id }: Recording) {
  const queries = useQueryClient();
  const [running, setRunning] = useState<'check' | 'repair'>();
  const [said, setSaid] = useState<Said>();

  async function run(what: 'check' | 'repair', work: () => Promise<Said>): Promise<void> {
    setRunning(what);
    setSaid(undefined);
    try {
      setSaid(await work());
      rememberRecording(queries, await fetchRecording(id));
      void queries.invalidateQueries({ queryKey: KEYS.verification });
    } catch (error) {
      setSaid({ kind: 'problem', message: messageOf(error) });
    } finally {
      setRunning(undefined);
    }
  }

  const check = async (): Promise<Said> => {
    const { result, message } = await verifyRecording(id);
    return result === 'ok'
      ? { kind: 'good', message: words.sound }
      : { kind: 'problem', message: message ?? result };
  };
  const repair = async (): Promise<Said> => {
    const { outcome, message, repairedId } = await repairRecording(id);
    return { kind: KINDS[outcome], message, repairedId };
  };
  return {
    running,
    said,
    check: () => void run('check', check),
    repair: () => void run('repair', repair),
  };
}

const KINDS = {
  sound: 'good',
  repaired: 'good',
  healed: 'good',
  'no-copy': 'problem',
  failed: 'problem',
} as const satisfies Record<RepairOutcome['outcome'], Said['kind']>;
