import type { LocalTake } from './capture-port.ts';
import { LiveTake } from './live-take.ts';
import { type TakeDesk, tellProblem } from './take-desk.ts';
import { holdTake } from './take-lock.ts';
import { TakeRecord } from './take-record.ts';
import { listTakeIds, removeTakeFolder } from './take-store.ts';
import type { TakeFile } from './worker-messages.ts';

/** A take goes on only if its page was there so recently; older ones are closed and sent. */
const RESUMABLE_MS = 5 * 60 * 1000;

/** Takes of earlier visits, and those of this one that gave way to a new one: sent one after the other, in order. */
export interface EarlierTakes {
  /** Reads what lies in this browser; the take that goes on, if there is one, is handed out. */
  open(): Promise<LiveTake | null>;
  add(take: LiveTake): void;
  find(takeId: string): LiveTake | undefined;
  /** Newest first. */
  list(): readonly LocalTake[];
  sendAgain(takeId: string): Promise<void>;
  files(takeId: string): Promise<readonly TakeFile[]>;
  /** A person's word: the local bytes go, sent or not. */
  remove(takeId: string): Promise<void>;
  /** To be called when a take is let go or refused. */
  refresh(): void;
}

export function createEarlierTakes(desk: TakeDesk): EarlierTakes {
  const takes = new Map<string, LiveTake>();
  let sending: Promise<void> = Promise.resolve();

  async function openOne(takeId: string): Promise<LiveTake | null> {
    const release = await holdTake(takeId);
    if (!release) return null;
    const onFailure = (error: unknown) => tellProblem(desk, takeId, 'local-storage-failed', error);
    const record = await TakeRecord.load(takeId, onFailure);
    if (record) return new LiveTake(desk, record, release);
    await removeTakeFolder(takeId);
    release();
    return null;
  }

  function isResumable({ manifest }: LiveTake): boolean {
    return manifest.phase !== 'ended' && desk.nowMs() - Date.parse(manifest.touchedAt) < RESUMABLE_MS;
  }

  async function send(take: LiveTake, options: { readonly isRetry: boolean }): Promise<void> {
    try {
      if (take.manifest.phase !== 'ended') await take.endSegment('ended');
      await take.sendAll(options);
    } catch (error) {
      tellProblem(desk, take.takeId, 'local-storage-failed', error);
    }
    refresh();
  }

  function add(take: LiveTake): void {
    takes.set(take.takeId, take);
    sending = sending.then(() => send(take, { isRetry: false }));
    refresh();
  }

  function refresh(): void {
    for (const take of takes.values()) {
      if (!take.isSaved) continue;
      takes.delete(take.takeId);
      take.dispose();
    }
    const unsent = [...takes.values()].filter(({ isOwed }) => isOwed);
    desk.emit({ type: 'takes-changed', unsentCount: unsent.length });
  }

  function need(takeId: string): LiveTake {
    const take = takes.get(takeId);
    if (take) return take;
    throw new Error(`There is no take ${takeId} in this browser, or another tab has it in hand.`);
  }

  return {
    async open() {
      const opened = await Promise.all((await listTakeIds()).map(openOne));
      const found = opened.filter((take) => take !== null);
      const resumable = found.filter(isResumable).at(-1) ?? null;
      for (const take of found) if (take !== resumable) add(take);
      refresh();
      await resumable?.adopt();
      return resumable;
    },
    add,
    find: (takeId) => takes.get(takeId),
    list: () =>
      [...takes.values()].map((take) => take.summary()).sort((a, b) => (a.takeId < b.takeId ? 1 : -1)),
    sendAgain: (takeId) => send(need(takeId), { isRetry: true }),
    files: (takeId) => need(takeId).files(),
    async remove(takeId) {
      const take = need(takeId);
      takes.delete(takeId);
      take.dispose();
      await removeTakeFolder(takeId);
      refresh();
    },
    refresh,
  };
}
