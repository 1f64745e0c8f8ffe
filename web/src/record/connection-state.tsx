import { STRINGS } from '../strings.ts';
import { OfflineIcon, OnlineIcon } from '../ui/icons.tsx';
import { useCapture, useCaptureValue } from './capture-context.tsx';

/** Whether the server takes what is captured; icon and words differ, not only the colour. */
export function ConnectionState() {
  const capture = useCapture();
  const connection = useCaptureValue((snapshot) => snapshot.connection);
  const isOnline = connection === 'online';
  return (
    <div className="flex items-center gap-3">
      <p
        role="status"
        className={`flex items-center gap-1.5 ${isOnline ? 'text-deck-soft' : 'text-deck-warn'}`}
      >
        {isOnline ? <OnlineIcon size={18} /> : <OfflineIcon size={18} />}
        {STRINGS.connection[connection]}
      </p>
      {isOnline ? null : (
        <button
          type="button"
          className="min-h-8 rounded-lg border border-deck-line px-2.5 font-semibold hover:bg-white/10 pointer-coarse:min-h-11"
          onClick={() => capture.retryNow()}
        >
          {STRINGS.record.retryNow}
        </button>
      )}
    </div>
  );
}
