import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { messageOf } from '../api/http.ts';
import type { LocalTake } from '../capture/capture-port.ts';
import { formatDateTime } from '../format/date.ts';
import { formatClock } from '../format/length.ts';
import { formatBytes } from '../format/size.ts';
import { useCapture, useCaptureSnapshot } from '../record/capture-context.tsx';
import { isTakeRunning } from '../record/capture-phases.ts';
import { STRINGS } from '../strings.ts';
import { CloseIcon, DownloadIcon, ImportIcon, PlayIcon, TrashIcon } from '../ui/icons.tsx';
import { useToast } from '../ui/toasts.tsx';
import { DiscardDialog } from './discard-dialog.tsx';
import { LocalTakePlayer } from './local-take-player.tsx';
import { LocalTakeState } from './local-take-state.tsx';
import { LOCAL_TAKES } from './use-local-takes.ts';

const words = STRINGS.recovery;

export function LocalTakeRow({ take }: { readonly take: LocalTake }) {
  const capture = useCapture();
  const { elsewhere, phase } = useCaptureSnapshot();
  const queries = useQueryClient();
  const toast = useToast();
  const [isPlaying, setPlaying] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const shared = {
    networkMode: 'always',
    onError: (error: unknown) => toast({ kind: 'error', message: messageOf(error) }),
    onSettled: () => queries.invalidateQueries({ queryKey: LOCAL_TAKES }),
  } as const;
  const send = useMutation({ mutationFn: () => sendNow(), ...shared });
  const save = useMutation({ mutationFn: () => capture.saveLocalTakeAsFile(take.takeId), ...shared });
  const remove = useMutation({ mutationFn: () => capture.removeLocalTake(take.takeId), ...shared });

  async function sendNow(): Promise<void> {
    capture.retryNow();
    if (take.state !== 'sending') await capture.sendLocalTake(take.takeId);
  }

  const told = elsewhere?.takeId === take.takeId ? elsewhere : null;
  const isRunningHere = take.state === 'here' && isTakeRunning(phase);
  const isRunning = isRunningHere || told !== null;
  const isOurs = take.state !== 'elsewhere';
  const title = take.title || told?.title || words.elsewhereUntitled;
  const headingId = `take-${take.takeId}`;
  return (
    <li className="flex flex-col gap-3 py-4" aria-labelledby={headingId}>
      <div>
        <h2 id={headingId} className="font-serif text-xl leading-snug break-words">
          {title}
        </h2>
        <p className="digits text-sm text-ink-soft">
          {formatDateTime(take.startedAt)} · {formatClock(told?.capturedSeconds ?? take.capturedSeconds)} ·{' '}
          {formatBytes(take.sizeBytes)}
        </p>
        <LocalTakeState take={take} isRunningHere={isRunningHere} elsewhere={told} />
      </div>
      <div className="flex flex-wrap gap-2">
        {isRunningHere ? (
          <Link to="/" className="button button-strong">
            {words.toRecorder}
          </Link>
        ) : null}
        {told ? (
          <button
            type="button"
            className="button"
            onClick={() => {
              capture.showRecordingTab();
              toast({ message: words.tabMarked });
            }}
          >
            {words.showTab}
          </button>
        ) : null}
        {isOurs && !isRunning ? (
          <button
            type="button"
            className="button button-strong"
            disabled={send.isPending && take.state !== 'sending'}
            onClick={() => send.mutate()}
          >
            <ImportIcon size={18} />
            {take.state === 'sending' || take.state === 'here' ? words.tryNow : words.send}
          </button>
        ) : null}
        {isRunning ? null : (
          <>
            <button
              type="button"
              className="button"
              aria-expanded={isPlaying}
              onClick={() => setPlaying(!isPlaying)}
            >
              {isPlaying ? <CloseIcon size={18} /> : <PlayIcon size={18} />}
              {isPlaying ? words.hidePlayer : words.play}
            </button>
            <button type="button" className="button" disabled={save.isPending} onClick={() => save.mutate()}>
              <DownloadIcon size={18} />
              {words.saveAs}
            </button>
          </>
        )}
        {isOurs && !isRunning ? (
          <button type="button" className="button button-plain" onClick={() => setAsking(true)}>
            <TrashIcon size={18} />
            {words.discard}
          </button>
        ) : null}
      </div>
      {isPlaying && !isRunning ? <LocalTakePlayer take={take} /> : null}
      {isAsking ? (
        <DiscardDialog
          title={title}
          seconds={take.capturedSeconds}
          onClose={() => setAsking(false)}
          onSave={() => save.mutate()}
          onDiscard={() => {
            setAsking(false);
            setPlaying(false);
            remove.mutate();
          }}
        />
      ) : null}
    </li>
  );
}
