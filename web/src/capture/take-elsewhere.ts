import { isRunningElsewhere } from './take-lock.ts';

const CHANNEL = 'vrp-takes';
const LOOK_AGAIN_MS = 3_000;

/** Watches whether another tab of this browser records a take. */
export interface ElsewhereWatch {
  /** Tells the other tabs that something about this one's take changed. */
  announce(): void;
}

export function watchElsewhere(
  ownTakeId: () => string | null,
  onChange: (isElsewhere: boolean) => void,
): ElsewhereWatch {
  const channel = new BroadcastChannel(CHANNEL);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    clearTimeout(timer);
    const isElsewhere = await isRunningElsewhere(ownTakeId());
    onChange(isElsewhere);
    // A tab that dies announces nothing, but its lock is gone.
    if (isElsewhere) timer = setTimeout(() => void look(), LOOK_AGAIN_MS);
  }

  channel.onmessage = () => void look();
  void look();
  return { announce: () => channel.postMessage('changed') };
}
