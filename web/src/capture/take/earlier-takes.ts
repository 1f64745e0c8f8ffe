import type { LocalTake, LocalTakeFile } from '../capture-port.ts';
import { LiveTake } from './live-take.ts';
import { type TakeDesk, tellProblem } from './take-desk.ts';
import { listTakeFiles, summariseFromOutside } from './take-files.ts';
import { holdTake, listHeldTakes } from './take-lock.ts';
import type { TakeManifest } from './take-manifest.ts';
import { TakeRecord } from './take-record.ts';
import { listTakeIds, removeTakeFolder } from './take-store.ts';

/** A take goes on only if its page was there so recently; older ones are closed and sent. */
const RESUMABLE_MS = 5 * 60 * 1000;

/** Takes of earlier visits, of tabs that are gone, and those that gave way to a new one: sent in their order. */
export interface EarlierTakes {
  /** Reads what lies in this browser; the take that goes on, if there is one, is handed out. */
  open(): Promise<LiveTake | null>;
  add(take: LiveTake): void;
  find(takeId: string): LiveTake | undefined;
  /** Takes what a tab left behind that is gone meanwhile; `ownTakeId` is the one that runs here. */
  takeOver(ownTakeId: string | null): Promise<void>;
  /** Those of every tab but for `ownTakeId`, newest first. */
  list(ownTakeId: string | null): Promise<readonly LocalTake[]>;
  sendAgain(takeId: string): Promise<void>;
  files(takeId: string): Promise<readonly LocalTakeFile[]>;
  /** A person's word: the local bytes go, sent or not. */
  remove(takeId: string): Promise<void>;
  /** To be called when a take is let go or refused. */
  refresh(): void;
}

export function createEarlierTakes(desk: TakeDesk): EarlierTakes {
  const takes = new Map<string, LiveTake>();
  let sending: Promise<void> = Promise.resolve();
  let opening: Promise<unknown> = Promise.resolve();

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

  function isResumable(manifest: TakeManifest): boolean {
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

  /** The take in hand; one that nobody has is taken. */
  async function need(takeId: string): Promise<LiveTake> {
    const known = takes.get(takeId) ?? (await openOne(takeId));
    if (!known) throw new Error('Another tab of this browser has this take in hand; go on there.');
    takes.set(takeId, known);
    return known;
  }

  async function open(): Promise<LiveTake | null> {
    const opened = await Promise.all((await listTakeIds()).map(openOne));
    const found = opened.filter((take) => take !== null);
    const resumable = found.filter(({ manifest }) => isResumable(manifest)).at(-1) ?? null;
    for (const take of found) if (take !== resumable) add(take);
    refresh();
    await resumable?.adopt();
    return resumable;
  }

  async function takeOver(ownTakeId: string | null): Promise<void> {
    const held = await listHeldTakes();
    for (const takeId of await listTakeIds()) {
      if (takeId === ownTakeId || takes.has(takeId) || held.has(takeId)) continue;
      const manifest = await TakeRecord.peek(takeId);
      // One that may go on waits for its tab, which is perhaps just being reloaded.
      if (!manifest || isResumable(manifest)) continue;
      const take = await openOne(takeId);
      if (take) add(take);
    }
  }

  async function listOutside(ownTakeId: string | null): Promise<readonly LocalTake[]> {
    const held = await listHeldTakes();
    const ids = (await listTakeIds()).filter((takeId) => takeId !== ownTakeId && !takes.has(takeId));
    const found = ids.map(async (takeId) => {
      const manifest = await TakeRecord.peek(takeId);
      return manifest ? [await summariseFromOutside(manifest, held.has(takeId))] : [];
    });
    return (await Promise.all(found)).flat();
  }

  function oneAtATime<Result>(job: () => Promise<Result>): Promise<Result> {
    const done = opening.then(job);
    opening = done.catch(() => {});
    return done;
  }

  return {
    open: () => oneAtATime(open),
    add,
    find: (takeId) => takes.get(takeId),
    takeOver: (ownTakeId) => oneAtATime(() => takeOver(ownTakeId)),
    async list(ownTakeId) {
      const outside = await listOutside(ownTakeId).catch(() => []);
      const inHand = [...takes.values()].map((take) => take.summary());
      return [...inHand, ...outside].sort((a, b) => (a.takeId < b.takeId ? 1 : -1));
    },
    sendAgain: async (takeId) => send(await need(takeId), { isRetry: true }),
    async files(takeId) {
      const take = takes.get(takeId);
      if (take) return take.files();
      const manifest = await TakeRecord.peek(takeId);
      return manifest ? listTakeFiles(manifest) : [];
    },
    async remove(takeId) {
      const take = await need(takeId);
      takes.delete(takeId);
      await take.discard();
      refresh();
    },
    refresh,
  };
}
