import type { TimelineEvent } from '../../../../src/model/take-timeline.ts';

/** Far more than anyone reads; a flood beyond it is told in ranges. */
const MOST_EVENTS = 200;
/** Of these the audio holds nothing: their lengths add up, the others' reach from the first to the last. */
const WITHOUT_AUDIO = new Set(['drop-out', 'page-frozen', 'paused']);

/** The timeline of one segment while it is recorded. Never longer than it may be: neighbours alike become one. */
export class EventLog {
  readonly #events: TimelineEvent[] = [];
  #running: readonly TimelineEvent[] = [];
  /** Called after each change. */
  onChange: () => void = () => {};

  add(event: TimelineEvent): void {
    this.#events.push({
      ...event,
      atSeconds: round(Math.max(0, event.atSeconds)),
      durationSeconds: round(Math.max(0, event.durationSeconds)),
    });
    this.#events.sort((a, b) => a.atSeconds - b.atSeconds);
    while (this.#events.length > MOST_EVENTS && this.#mergeNearest());
    this.onChange();
  }

  /** What has not ended yet, with its length so far. */
  setRunning(events: readonly TimelineEvent[]): void {
    if (events.length === 0 && this.#running.length === 0) return;
    this.#running = events.map((event) => ({
      ...event,
      atSeconds: round(Math.max(0, event.atSeconds)),
      durationSeconds: round(event.durationSeconds),
    }));
    this.onChange();
  }

  events(): readonly TimelineEvent[] {
    return [...this.#events, ...this.#running].sort((a, b) => a.atSeconds - b.atSeconds);
  }

  /** False when no two are alike. */
  #mergeNearest(): boolean {
    const lastOfKind = new Map<string, number>();
    let best: { first: number; second: number; distance: number } | null = null;
    for (const [second, event] of this.#events.entries()) {
      const first = lastOfKind.get(event.kind);
      lastOfKind.set(event.kind, second);
      const before = first === undefined ? undefined : this.#events[first];
      if (first === undefined || !before) continue;
      const distance = event.atSeconds - endOf(before);
      if (!best || distance < best.distance) best = { first, second, distance };
    }
    const [first, second] = best ? [this.#events[best.first], this.#events[best.second]] : [];
    if (!best || !first || !second) return false;
    this.#events[best.first] = merge(first, second);
    this.#events.splice(best.second, 1);
    return true;
  }
}

function endOf({ kind, atSeconds, durationSeconds }: TimelineEvent): number {
  return WITHOUT_AUDIO.has(kind) ? atSeconds : atSeconds + durationSeconds;
}

function merge(first: TimelineEvent, second: TimelineEvent): TimelineEvent {
  const times = timesOf(first) + timesOf(second);
  const durationSeconds = WITHOUT_AUDIO.has(first.kind)
    ? first.durationSeconds + second.durationSeconds
    : Math.max(endOf(first), endOf(second)) - first.atSeconds;
  return { ...first, durationSeconds: round(durationSeconds), note: `${times} times` };
}

function timesOf({ note }: TimelineEvent): number {
  return Number(/^(\d+) times$/.exec(note ?? '')?.[1] ?? 1);
}

/** To the millisecond. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
