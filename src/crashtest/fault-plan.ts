import { seededRandom, wholeNumber } from './seeded-random.ts';

export const FAULT_KINDS = [
  'kill-server',
  'kill-start',
  'kill-media',
  'kill-import',
  'restart-server',
  'freeze-server',
  'network-drop',
  'network-cut',
  'network-delay',
  'network-swallow',
  'network-refuse',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One thing that goes wrong. The numbers a kind has no use for are drawn all the same, so that plans stay alike. */
export interface Fault {
  readonly kind: FaultKind;
  /** Pause before it, after the fault before has passed. */
  readonly afterMs: number;
  /** How long it lasts: the server stays away, frozen, slow or out of reach. */
  readonly lastsMs: number;
  /** For `network-cut`: so many bytes still pass. */
  readonly bytes: number;
  /** For `network-delay`: of each piece. */
  readonly delayMs: number;
}

/** How often each comes, of 100. */
const SHARES: Readonly<Record<FaultKind, number>> = {
  'kill-server': 27,
  'kill-start': 7,
  'kill-media': 10,
  'kill-import': 16,
  'restart-server': 4,
  'freeze-server': 4,
  'network-drop': 8,
  'network-cut': 8,
  'network-delay': 5,
  'network-swallow': 7,
  'network-refuse': 4,
};
const LONGEST_FREEZE_MS = 4000;
const LONGEST_FAULT_MS = 2500;
const LONGEST_PAUSE_MS = 3000;

/** Every fault that can be done here, in an order and with figures that only `seed` decides. Endless. */
export function* planFaults(seed: number, possible: readonly FaultKind[]): Generator<Fault, never> {
  const random = seededRandom(seed);
  for (;;) {
    const kind = draw(random);
    const longestMs = kind === 'freeze-server' ? LONGEST_FREEZE_MS : LONGEST_FAULT_MS;
    const fault = {
      kind,
      afterMs: Math.round(20 + random() ** 2 * LONGEST_PAUSE_MS),
      lastsMs: Math.round(random() ** 2 * longestMs),
      bytes: wholeNumber(random, 1, 400_000),
      delayMs: wholeNumber(random, 1, 80),
    };
    if (possible.includes(kind)) yield fault;
  }
}

function draw(random: () => number): FaultKind {
  let left = random() * 100;
  for (const kind of FAULT_KINDS) {
    left -= SHARES[kind];
    if (left < 0) return kind;
  }
  return 'kill-server';
}
