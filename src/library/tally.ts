import { type Clock, toIsoUtc } from '../model/clock.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { MediaFigures, RecorderFigures } from '../model/recorder-figures.ts';
import type { VerificationResult } from '../model/verification.ts';

/** What the media room tells of its processes. */
interface MediaHappening {
  readonly type: 'child-started' | 'child-killed' | 'child-ended';
  readonly line: string;
  readonly processId: number;
  readonly reason: string;
}

/** Pieces of a running take come every second or so; a network that stutters is no end. */
const ARRIVES_WITHIN_MS = 10_000;
/** So many uploads are remembered before those that fell silent are looked for. */
const REMEMBERED = 256;

/** Counts what happens in a store while it is open. */
export class Tally {
  readonly #clock: Clock;
  readonly #openedAt: string;
  readonly #added = { take: 0, file: 0, edit: 0 };
  readonly #acknowledgedBytes = { take: 0, file: 0 };
  readonly #checked: Record<VerificationResult, number> = { ok: 0, damaged: 0, missing: 0, unreadable: 0 };
  readonly #media = new Map<string, { -readonly [Name in keyof MediaFigures]: MediaFigures[Name] }>();
  /** Processes whose end was wanted. */
  readonly #killed = new Set<number>();
  readonly #arriving = new Map<string, { readonly kind: 'take' | 'file'; readonly lastMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#openedAt = toIsoUtc(clock.nowMs());
  }

  /** Bytes of an upload that are safe now and were not before. */
  noteBytes(uploadId: string, kind: 'take' | 'file', addedBytes: number): void {
    this.#acknowledgedBytes[kind] += addedBytes;
    this.#arriving.set(uploadId, { kind, lastMs: this.#clock.monotonicMs() });
    if (this.#arriving.size > REMEMBERED) this.#forgetSilent();
  }

  /** `storeId`: this store's; what other stores add to a shared catalogue is theirs. */
  noteEvent(event: RecorderEvent, storeId: string): void {
    if (event.type !== 'recording-added') return;
    const { id, kind, storeId: home = storeId } = event.recording;
    if (home !== storeId) return;
    this.#added[kind] += 1;
    // A recording has the id of its upload.
    this.#arriving.delete(id);
  }

  noteCheck(result: VerificationResult): void {
    this.#checked[result] += 1;
  }

  noteMedia({ type, line, processId, reason }: MediaHappening): void {
    const figures = this.#media.get(line) ?? { started: 0, crashed: 0, overMemory: 0, overTime: 0 };
    this.#media.set(line, figures);
    if (type === 'child-started') figures.started += 1;
    else if (type === 'child-killed') {
      this.#killed.add(processId);
      if (reason === 'memory') figures.overMemory += 1;
      if (reason === 'time') figures.overTime += 1;
    } else if (!this.#killed.delete(processId)) figures.crashed += 1;
  }

  figures(checkedBytes: number): RecorderFigures {
    this.#forgetSilent();
    const arriving = { take: 0, file: 0 };
    for (const { kind } of this.#arriving.values()) arriving[kind] += 1;
    return {
      openedAt: this.#openedAt,
      added: { ...this.#added },
      acknowledgedBytes: { ...this.#acknowledgedBytes },
      arriving,
      checked: { ...this.#checked },
      checkedBytes,
      media: Object.fromEntries([...this.#media].map(([line, figures]) => [line, { ...figures }])),
    };
  }

  #forgetSilent(): void {
    const silentSinceMs = this.#clock.monotonicMs() - ARRIVES_WITHIN_MS;
    for (const [id, { lastMs }] of this.#arriving) if (lastMs < silentSinceMs) this.#arriving.delete(id);
  }
}
