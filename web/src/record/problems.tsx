import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { useCaptureSnapshot } from './capture-context.tsx';

/** Worth knowing, and nothing need be done at once: said when the reader has finished its sentence. */
const REMARKS = new Set(['input-quiet', 'input-clipping', 'clock-changed', 'samples-lost', 'page-frozen']);

export function isRemark(code: string): boolean {
  return REMARKS.has(code);
}

/** What went wrong with the take, each as a sentence and what to do. */
export function Problems() {
  const { problems } = useCaptureSnapshot();
  if (problems.length === 0) return null;
  return (
    <div className="flex flex-col gap-3">
      {problems.map((problem) => (
        <Notice
          key={problem.code}
          kind={isRemark(problem.code) ? 'remark' : 'problem'}
          heading={problem.message}
          isUrgent={!isRemark(problem.code)}
        >
          {STRINGS.problems[problem.code]}
        </Notice>
      ))}
    </div>
  );
}
