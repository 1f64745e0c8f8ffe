import type { PreflightReason } from '../../../src/model/preflight.ts';
import { usePreflight } from '../api/preflight.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';

/** Said elsewhere on the page, with a link to where room is made. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['disk-full', 'room-short']);

/**
 * What speaks against a take, before Record is pressed. Recording itself is never forbidden by it: a take is kept in
 * this browser until the server can take it.
 */
export function PreflightNote({ presetId }: { readonly presetId: string }) {
  const reasons = (usePreflight(presetId).data?.reasons ?? []).filter(
    ({ code }) => !SAID_ELSEWHERE.has(code),
  );
  return (
    <div role="status" className="flex flex-col gap-3 empty:hidden">
      {reasons.map((reason) => (
        <Notice key={reason.code} kind={reason.severity === 'fail' ? 'problem' : 'remark'}>
          <Words reason={reason} />
        </Notice>
      ))}
    </div>
  );
}

function Words({ reason: { code, severity, message, remedy } }: { readonly reason: PreflightReason }) {
  if (code === 'no-second-copy') return STRINGS.record.noSecondCopy;
  return (
    <>
      {message} {remedy} {severity === 'fail' ? STRINGS.record.keptHereMeanwhile : null}
    </>
  );
}
