import { messageOf } from '../api/http.ts';
import { STRINGS } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { useToast } from '../ui/toasts.tsx';
import { browserFamily } from './browser-family.ts';
import { useCapture, useCaptureValue } from './capture-context.tsx';

const words = STRINGS.microphone;

/** What keeps the microphone away, and what to do about it in this very browser; nothing when all is well. */
export function MicrophoneHelp() {
  const microphone = useCaptureValue((snapshot) => snapshot.microphone);
  if (!window.isSecureContext) {
    const loopback = `http://127.0.0.1:${location.port || '8420'}`;
    return (
      <Notice kind="problem" heading={words.insecure} isUrgent>
        {words.insecureRemedy(loopback)}
      </Notice>
    );
  }
  if (microphone === 'asking') return <Notice kind="remark">{words.asking}</Notice>;
  if (microphone === 'denied')
    return <Refused heading={words.denied} step={words.steps[browserFamily(navigator.userAgent)]} />;
  if (microphone === 'missing') return <Refused heading={words.missing} />;
  if (microphone === 'in-use') return <Refused heading={words.inUse} />;
  if (microphone === 'unavailable') return <Refused heading={words.unavailable} />;
  return null;
}

function Refused({ heading, step }: { readonly heading: string; readonly step?: string }) {
  const capture = useCapture();
  const toast = useToast();
  return (
    <Notice kind="problem" heading={heading} isUrgent>
      {step ? <p>{step}</p> : null}
      <button
        type="button"
        className="button mt-2"
        onClick={() =>
          void capture
            .openInput()
            .catch((error: unknown) => toast({ kind: 'error', message: messageOf(error) }))
        }
      >
        {STRINGS.app.retry}
      </button>
    </Notice>
  );
}
