import { bytesPerMinute, DEFAULT_PRESET, findPreset } from '../../../src/model/preset.ts';
import { formatRoom } from '../format/length.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { CapturedIcon } from '../ui/icons.tsx';
import { useBrowserStorage } from './browser-storage.ts';

const words = STRINGS.record;

interface BrowserRoomProps {
  readonly presetId: string;
  /** A take was begun here, so that the browser was asked to keep it. */
  readonly wasAsked: boolean;
}

/** How long this browser can go on by itself, and whether it promised to keep what it has. */
export function BrowserRoom({ presetId, wasAsked }: BrowserRoomProps) {
  const storage = useBrowserStorage();
  if (!storage) return null;
  const { usedBytes, quotaBytes, isPersisted } = storage;
  const minutes =
    Math.max(0, quotaBytes - usedBytes) / bytesPerMinute(findPreset(presetId) ?? DEFAULT_PRESET);
  return (
    <div className="flex gap-2 text-ink-soft sm:min-h-10">
      <CapturedIcon size={18} className="mt-0.5 shrink-0" />
      <div>
        <p>{words.roomHere(formatRoom(minutes), formatBytes(usedBytes), formatBytes(quotaBytes))}</p>
        {wasAsked && !isPersisted ? <p className="mt-1 text-sm text-warn">{words.notPersisted}</p> : null}
      </div>
    </div>
  );
}
