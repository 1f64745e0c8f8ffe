import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../api/http.ts';
import { useCapture, useCaptureValue } from '../record/capture-context.tsx';
import { STRINGS } from '../strings.ts';
import { MicrophoneIcon } from '../ui/icons.tsx';
import { Notice } from '../ui/notice.tsx';

const words = STRINGS.firstRun;
const TEST_SECONDS = 5;
const SILENCE_DBFS = -55;
const LEVEL_EVERY_MS = 100;

type Test =
  | { readonly state: 'none' | 'running' }
  | { readonly state: 'done'; readonly address: string; readonly isSilent: boolean }
  | { readonly state: 'failed'; readonly reason: string };

/** Five seconds into memory and played back: proves the microphone before anything depends on it. */
export function TestRecording() {
  const capture = useCapture();
  const microphone = useCaptureValue((snapshot) => snapshot.microphone);
  const [test, setTest] = useState<Test>({ state: 'none' });
  const address = useRef<string | null>(null);
  useEffect(() => () => revoke(address.current), []);

  async function run() {
    revoke(address.current);
    address.current = null;
    setTest({ state: 'running' });
    let loudestDbfs = Number.NEGATIVE_INFINITY;
    const timer = setInterval(() => {
      loudestDbfs = Math.max(loudestDbfs, capture.level().peakDbfs);
    }, LEVEL_EVERY_MS);
    try {
      if (capture.snapshot().microphone !== 'open') await capture.openInput();
      address.current = await capture.testRecording(TEST_SECONDS);
      setTest({ state: 'done', address: address.current, isSilent: loudestDbfs < SILENCE_DBFS });
    } catch (error) {
      setTest({ state: 'failed', reason: messageOf(error) });
    } finally {
      clearInterval(timer);
    }
  }

  const isRunning = test.state === 'running';
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-ink-soft">{words.testBody}</p>
      <button
        type="button"
        className="button"
        disabled={isRunning || microphone === 'denied' || microphone === 'unavailable'}
        onClick={() => void run()}
      >
        <MicrophoneIcon size={18} />
        {test.state === 'done' ? words.testAgain : words.testStart}
      </button>
      <div className="w-full" role="status">
        {isRunning ? <p className="font-semibold">{words.testRunning}</p> : null}
        {test.state === 'failed' ? <Notice kind="problem">{words.testFailed(test.reason)}</Notice> : null}
        {test.state === 'done' ? (
          <div className="flex flex-col gap-3">
            {test.isSilent ? <Notice kind="remark">{words.testSilent}</Notice> : null}
            <p>{words.testDone}</p>
            {/* biome-ignore lint/a11y/useMediaCaption: five seconds of the person's own voice */}
            <audio className="w-full" src={test.address} controls />
          </div>
        ) : null}
      </div>
    </div>
  );
}

function revoke(address: string | null): void {
  if (address !== null) URL.revokeObjectURL(address);
}
