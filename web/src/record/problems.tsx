import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { useCaptureSnapshot } from './capture-context.tsx';

/** What went wrong with the take, each as a sentence and what to do. */
export function Problems() {
  const { problems } = useCaptureSnapshot();
  if (problems.length === 0) return null;
  return (
    <div className="flex flex-col gap-3">
      {problems.map((problem) => (
        <Notice key={problem.code} kind="problem" heading={problem.message} isUrgent>
          {STRINGS.problems[problem.code]}
        </Notice>
      ))}
    </div>
  );
}
