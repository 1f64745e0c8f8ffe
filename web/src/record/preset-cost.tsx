import { bytesPerMinute, type Preset } from '../../../src/model/preset.ts';
import { useStorageReport } from '../api/queries.ts';
import { formatRoom } from '../format/length.ts';
import { formatHourlyCost, minutesFor } from '../format/preset-facts.ts';
import { STRINGS } from '../strings.ts';
import { useBrowserStorage } from './browser-storage.ts';
import { useAsRecorded } from './capture-context.tsx';

const words = STRINGS.presets;

/** As this browser records it: `29 MB an hour`, and how long it can go on, on the server and in this browser. */
export function PresetCost({ preset: wished }: { readonly preset: Preset }) {
  const preset = useAsRecorded()(wished);
  const minutesLeft = useStorageReport().data?.minutesLeft;
  const browser = useBrowserStorage();
  const onServer = minutesLeft && minutesFor(preset, minutesLeft);
  const here = browser && Math.max(0, browser.quotaBytes - browser.usedBytes) / bytesPerMinute(preset);
  const room = [
    onServer === undefined ? null : words.roomOnServer(formatRoom(onServer)),
    here === null || here === undefined ? null : words.roomHere(formatRoom(here)),
  ].filter((part) => part !== null);
  return (
    <>
      <span className="digits block">{formatHourlyCost(preset)}</span>
      <span className="digits block text-ink-soft">{room.join(' · ')}</span>
    </>
  );
}
