export type ConnectionState = 'online' | 'retrying' | 'offline' | 'unauthorised';

/** What the uploads of this tab learn about the way to the server, and how long they wait between attempts. */
export interface Connection {
  readonly state: ConnectionState;
  /** An answer came: the way is free. */
  succeeded(): void;
  failed(state: 'retrying' | 'unauthorised'): void;
  /** Resolves after `ms`, or sooner when there is news: the network is back, or a person asked. */
  pause(ms: number): Promise<void>;
  /** Ends every pause at once. */
  wake(): void;
}

export interface ConnectionDesk {
  isOffline(): boolean;
  onChange(state: ConnectionState): void;
}

export function createConnection(desk: ConnectionDesk): Connection {
  let state: ConnectionState = 'online';
  const sleepers = new Set<() => void>();

  function change(next: ConnectionState): void {
    if (next === state) return;
    state = next;
    desk.onChange(next);
  }

  return {
    get state() {
      return state;
    },
    succeeded: () => change('online'),
    failed: (next) => change(next === 'retrying' && desk.isOffline() ? 'offline' : next),
    pause(ms) {
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          sleepers.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        sleepers.add(end);
      });
    },
    wake() {
      for (const end of [...sleepers]) end();
    },
  };
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Doubles with each failure in a row; a random half keeps a room full of recorders from returning together. */
export function backOffMs(failuresInRow: number, random: number): number {
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failuresInRow - 1));
  return ceiling * (0.5 + random / 2);
}
