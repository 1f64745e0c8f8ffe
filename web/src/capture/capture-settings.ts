import type { CaptureSettings } from './capture-port.ts';

const KEY = 'vrp-capture-settings';

/** A microphone that listens before Record is pressed must be a person's own choice. */
const FIRST_SETTINGS: CaptureSettings = { keepsPreRoll: false, splitMinutes: null };

// Three seconds: a segment shorter than that is over before its upload has begun.
const SHORTEST_SPLIT_MINUTES = 0.05;

/** What this browser remembers; what it does not, or not rightly, is as it is at first. */
export function readSettings(storage: Pick<Storage, 'getItem'> = localStorage): CaptureSettings {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<Record<keyof CaptureSettings, unknown>>;
    const { splitMinutes } = kept;
    const isLength = typeof splitMinutes === 'number' && splitMinutes >= SHORTEST_SPLIT_MINUTES;
    return { keepsPreRoll: kept.keepsPreRoll === true, splitMinutes: isLength ? splitMinutes : null };
  } catch {
    return FIRST_SETTINGS;
  }
}

export function writeSettings(
  settings: CaptureSettings,
  storage: Pick<Storage, 'setItem'> = localStorage,
): void {
  try {
    storage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
}
