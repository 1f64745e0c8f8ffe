import type { TimelineEvent } from '../../../../src/model/take-timeline.ts';
import type { SignalKind, SignalSpells, Spell } from './signal-watch.ts';

interface Patience {
  /** Said once it has lasted so long. */
  readonly tellSeconds: number;
  /** On the timeline once it has lasted so long. */
  readonly keepSeconds: number;
}

const PATIENCE: Readonly<Record<SignalKind, Patience>> = {
  silence: { tellSeconds: 1, keepSeconds: 1 },
  'channel-silent': { tellSeconds: 2, keepSeconds: 2 },
  // People draw breath, and think: what is over within five seconds is not worth a mark.
  quiet: { tellSeconds: 2, keepSeconds: 5 },
  clipping: { tellSeconds: 0, keepSeconds: 0 },
};
const KINDS = Object.keys(PATIENCE) as SignalKind[];

export interface SpellListener {
  onBegin(kind: SignalKind, spell: Spell): void;
  onEnd(kind: SignalKind): void;
  /** It is over, and was long enough for the timeline. Seconds of the audio that was watched. */
  onKeep(event: TimelineEvent): void;
}

interface OpenSpell {
  readonly spell: Spell;
  readonly isTold: boolean;
  /** Nothing of it was seen since the last cut. */
  readonly isBlank: boolean;
}

/** Follows what goes on in the signal: what to say, when to take it back, and what to keep. */
export class Spells {
  readonly #listener: SpellListener;
  readonly #open = new Map<SignalKind, OpenSpell>();
  #cutSeconds = 0;

  constructor(listener: SpellListener) {
    this.#listener = listener;
  }

  update(spells: SignalSpells): void {
    for (const kind of KINDS) {
      const open = this.#open.get(kind);
      const spell = spells[kind];
      if (open && (!spell || spell.note !== open.spell.note)) this.#close(kind);
      if (spell) this.#follow(kind, spell);
    }
  }

  /** Kept and not over yet. */
  running(): readonly TimelineEvent[] {
    return [...this.#open].flatMap(([kind, { spell, isBlank }]) => {
      const event = asEvent(kind, spell);
      return !isBlank && event.durationSeconds >= PATIENCE[kind].keepSeconds ? [event] : [];
    });
  }

  /** Everything that goes on is kept up to here, and goes on from here as if new. */
  cut(atSeconds: number): void {
    for (const [kind, open] of this.#open) {
      this.#keep(kind, open);
      const spell = { ...open.spell, fromSeconds: atSeconds, toSeconds: atSeconds };
      this.#open.set(kind, { spell, isTold: open.isTold, isBlank: true });
    }
    this.#cutSeconds = atSeconds;
  }

  end(): void {
    for (const kind of [...this.#open.keys()]) this.#close(kind);
  }

  #follow(kind: SignalKind, seen: Spell): void {
    const spell = { ...seen, fromSeconds: Math.max(seen.fromSeconds, this.#cutSeconds) };
    if (spell.toSeconds < spell.fromSeconds) return;
    const isTold = this.#open.get(kind)?.isTold ?? false;
    const mustTell = !isTold && seen.toSeconds - seen.fromSeconds >= PATIENCE[kind].tellSeconds;
    this.#open.set(kind, { spell, isTold: isTold || mustTell, isBlank: false });
    if (mustTell) this.#listener.onBegin(kind, seen);
  }

  #close(kind: SignalKind): void {
    const open = this.#open.get(kind);
    this.#open.delete(kind);
    if (!open) return;
    this.#keep(kind, open);
    if (open.isTold) this.#listener.onEnd(kind);
  }

  #keep(kind: SignalKind, { spell, isBlank }: OpenSpell): void {
    const event = asEvent(kind, spell);
    if (!isBlank && event.durationSeconds >= PATIENCE[kind].keepSeconds) this.#listener.onKeep(event);
  }
}

function asEvent(kind: SignalKind, { fromSeconds, toSeconds, note }: Spell): TimelineEvent {
  const event = { kind, atSeconds: fromSeconds, durationSeconds: toSeconds - fromSeconds };
  return note === undefined ? event : { ...event, note };
}
