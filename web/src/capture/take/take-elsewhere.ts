import type { TakeElsewhere } from '../capture-port.ts';
import { findRunningElsewhere } from './take-lock.ts';

const CHANNEL = 'vrp-takes';
const LOOK_AGAIN_MS = 3_000;

type Message =
  | { readonly type: 'who-records' }
  /** What the recording tab says of its take; null when it has none any longer. */
  | { readonly type: 'take'; readonly take: TakeElsewhere | null }
  /** A person looks for the tab that records. */
  | { readonly type: 'show-yourself' };

/** Watches whether another tab of this browser records a take, and tells the others about this one's. */
export interface ElsewhereWatch {
  /** Tells the other tabs how this one's take stands. */
  announce(): void;
  /** To be called when this tab's own take is another one. */
  look(): Promise<void>;
  /** Asks the tab that records to make itself known. */
  askToShow(): void;
}

export interface ElsewhereDesk {
  /** The take that runs here, as other tabs show it. */
  ownTake(): TakeElsewhere | null;
  onChange(elsewhere: TakeElsewhere | null): void;
  onShowYourself(): void;
}

/** The Web Locks are what counts; what the other tab says only makes it readable. */
export function watchElsewhere(desk: ElsewhereDesk): ElsewhereWatch {
  const channel = new BroadcastChannel(CHANNEL);
  let told: TakeElsewhere | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    clearTimeout(timer);
    const takeId = await findRunningElsewhere(desk.ownTake()?.takeId ?? null).catch(() => null);
    if (takeId === null) desk.onChange(null);
    else {
      const isKnown = told?.takeId === takeId;
      if (!isKnown) say({ type: 'who-records' });
      desk.onChange(isKnown ? told : unnamed(takeId));
      // A tab that dies announces nothing, but its lock is gone.
      timer = setTimeout(() => void look(), LOOK_AGAIN_MS);
    }
  }

  function say(message: Message): void {
    channel.postMessage(message);
  }

  function announce(): void {
    say({ type: 'take', take: desk.ownTake() });
  }

  channel.onmessage = ({ data }: MessageEvent<Message | 'changed'>) => {
    // A tab of an earlier version says no more than that something changed.
    if (data === 'changed') void look();
    else if (data.type === 'who-records') {
      if (desk.ownTake()) announce();
    } else if (data.type === 'show-yourself') {
      if (desk.ownTake()) desk.onShowYourself();
    } else {
      told = data.take;
      void look();
    }
  };
  void look();
  return { announce, look, askToShow: () => say({ type: 'show-yourself' }) };
}

function unnamed(takeId: string): TakeElsewhere {
  return { takeId, title: '', phase: 'recording', capturedSeconds: 0, safeSeconds: 0 };
}
