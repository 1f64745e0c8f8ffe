import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../api/http.ts';
import type { LocalTake } from '../capture/capture-port.ts';
import { formatDateTime } from '../format/date.ts';
import { formatClock } from '../format/length.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { DownloadIcon, ImportIcon } from '../ui/icons.tsx';
import { useToast } from '../ui/toasts.tsx';
import { useCapture, useCaptureValue } from './capture-context.tsx';

const words = STRINGS.record;
const LOCAL_TAKES = ['local-takes'] as const;

/** Takes of earlier visits that the server does not hold yet; undefined until the browser's storage was read. */
export function useUnsentTakes(): readonly LocalTake[] | undefined {
  const capture = useCapture();
  // A take that is just being sent has a card of its own; one that failed belongs to this list.
  const sendingTakeId = useCaptureValue((snapshot) => (snapshot.phase === 'failed' ? null : snapshot.takeId));
  const version = useCaptureValue((snapshot) => snapshot.localTakesVersion);
  const takes = useQuery({
    queryKey: [...LOCAL_TAKES, version],
    queryFn: () => capture.localTakes(),
    networkMode: 'always',
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (takes.isError) return [];
  return takes.data?.filter((take) => !take.isSent && take.takeId !== sendingTakeId);
}

export function LocalTakes() {
  const unsent = useUnsentTakes();
  if (!unsent || unsent.length === 0) return null;
  return (
    <section className="sheet p-5" aria-labelledby="local-takes">
      <h2 id="local-takes" className="font-semibold">
        {words.localHeading}
      </h2>
      <p className="text-sm text-ink-soft">{words.localBody}</p>
      <ul className="mt-3 divide-y divide-line">
        {unsent.map((take) => (
          <LocalTakeRow key={take.takeId} take={take} />
        ))}
      </ul>
    </section>
  );
}

function LocalTakeRow({ take }: { readonly take: LocalTake }) {
  const capture = useCapture();
  const queries = useQueryClient();
  const toast = useToast();
  const [isAsking, setAsking] = useState(false);
  const shared = {
    networkMode: 'always',
    onError: (error: unknown) => toast({ kind: 'error', message: messageOf(error) }),
    onSettled: () => queries.invalidateQueries({ queryKey: LOCAL_TAKES }),
  } as const;
  const send = useMutation({ mutationFn: () => capture.sendLocalTake(take.takeId), ...shared });
  const save = useMutation({ mutationFn: () => capture.saveLocalTakeAsFile(take.takeId), ...shared });
  const remove = useMutation({ mutationFn: () => capture.removeLocalTake(take.takeId), ...shared });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-48 flex-1">
        <p className="font-serif text-lg leading-snug">{take.title}</p>
        <p className="digits text-sm text-ink-soft">
          {formatDateTime(take.startedAt)} · {formatClock(take.capturedSeconds)} ·{' '}
          {formatBytes(take.sizeBytes)}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <button
          type="button"
          className="button button-strong"
          disabled={send.isPending}
          onClick={() => send.mutate()}
        >
          <ImportIcon size={18} />
          {send.isPending ? words.localSending : words.localSend}
        </button>
        <button type="button" className="button" disabled={save.isPending} onClick={() => save.mutate()}>
          <DownloadIcon size={18} />
          {words.localSaveAs}
        </button>
        <button type="button" className="button button-plain" onClick={() => setAsking(true)}>
          {words.localRemove}
        </button>
      </div>
      {isAsking ? (
        <Dialog heading={words.localRemoveHeading} onClose={() => setAsking(false)}>
          <p>{words.localRemoveBody(take.title)}</p>
          <div className="mt-5 flex justify-end gap-2">
            <button type="button" className="button" onClick={() => setAsking(false)}>
              {STRINGS.app.cancel}
            </button>
            <button
              type="button"
              className="button text-record"
              disabled={remove.isPending}
              onClick={() => {
                remove.mutate();
                setAsking(false);
              }}
            >
              {words.localRemoveNow}
            </button>
          </div>
        </Dialog>
      ) : null}
    </li>
  );
}
