import { messageOf } from '../api/http.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { useToast } from '../ui/toasts.tsx';
import { browserFamily } from './browser-family.ts';
import { useCapture, useCaptureValue } from './capture-context.tsx';
import {
  findBarrier,
  isAllowedByPolicy,
  type MicrophoneBarrier,
  secureAddresses,
} from './microphone-barrier.ts';
import { useMicrophonePermission } from './microphone-permission.ts';

const words = STRINGS.microphone;

/** What keeps the microphone away, and what to do about it in this very browser; nothing when all is well. */
export function MicrophoneHelp() {
  const microphone = useCaptureValue((snapshot) => snapshot.microphone);
  const permission = useMicrophonePermission();
  const barrier = findBarrier({
    isSecureContext: window.isSecureContext,
    isFramed: window.top !== window,
    isAllowedByPolicy: isAllowedByPolicy(document),
    permission,
    microphone,
  });
  if (barrier) return <Refused barrier={barrier} />;
  return microphone === 'asking' ? <Notice kind="remark">{words.asking}</Notice> : null;
}

/** Those that asking once more cannot change: the page must be opened at another address, or be sent otherwise. */
const LASTING: ReadonlySet<MicrophoneBarrier> = new Set(['insecure', 'framed', 'forbidden']);

function Refused({ barrier }: { readonly barrier: MicrophoneBarrier }) {
  const capture = useCapture();
  const toast = useToast();
  const say = (error: unknown) => toast({ kind: 'error', message: messageOf(error) });
  return (
    <Notice kind="problem" heading={words.barriers[barrier]} isUrgent>
      <Remedy barrier={barrier} />
      {LASTING.has(barrier) ? null : (
        <button type="button" className="button mt-2" onClick={() => void capture.openInput().catch(say)}>
          {STRINGS.app.retry}
        </button>
      )}
    </Notice>
  );
}

function Remedy({ barrier }: { readonly barrier: MicrophoneBarrier }) {
  const family = browserFamily(navigator.userAgent);
  switch (barrier) {
    case 'insecure': {
      const { loopback, https } = secureAddresses(location);
      return (
        <>
          <p>{words.insecureHere(location.origin)}</p>
          <ul className="mt-1 list-disc pl-5">
            <li>{words.insecureLoopback(loopback)}</li>
            <li>{words.insecureTls(https)}</li>
            <li>{words.insecureProxy}</li>
          </ul>
        </>
      );
    }
    case 'framed':
      return (
        <p>
          {words.framed}{' '}
          <a className="underline" href={location.href} target="_blank" rel="noreferrer">
            {location.origin}
          </a>
        </p>
      );
    case 'forbidden':
      return <p>{words.forbidden}</p>;
    case 'denied':
      return <p>{words.steps[family]}</p>;
    case 'denied-by-system':
      return <p>{words.system[family]}</p>;
    case 'missing':
    case 'in-use':
    case 'unavailable':
      return <p>{words.remedies[barrier]}</p>;
  }
}
