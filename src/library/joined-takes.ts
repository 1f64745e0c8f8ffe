import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { ChangeTarget, RecordingRepository } from '../catalogue/recording-repository.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { JoinPlan } from '../model/join-plan.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { Recording } from '../model/recording.ts';
import { chooseSegments, describeTake, planTake, type Take, type TakeAmendment } from '../model/take.ts';
import type { AudioSource, Library, PeaksRequest, PeaksView, Takes } from '../voice-recorder.ts';

/** A joined file as the library needs it. */
interface Joined {
  readonly path: string;
  readonly sizeBytes: number;
  readonly fingerprint: string;
  readonly plan: JoinPlan;
  readonly startsSeconds: readonly number[];
}

/** The rooms that takes speak with; `open.ts` hands them in. */
export interface TakesDesk {
  readonly recordings: Pick<RecordingRepository, 'listTake' | 'amendAll' | 'trashAll' | 'restoreAll'>;
  readonly stores: {
    /** Whether its file is in this store. */
    has(recording: Recording): boolean;
    nameOf(storeId: string): Promise<string>;
    /** Rejects with `stored-elsewhere` for one whose file is not in this store. */
    requireHere(recording: Recording): Promise<void>;
  };
  readonly blobs: Pick<BlobStore, 'stat'>;
  /** For takes of one segment, whose joined audio is the original. */
  readonly library: Pick<Library, 'audio' | 'playable' | 'peaks'>;
  readonly files: {
    find(takeId: string, segments: readonly Recording[]): Promise<Joined | undefined>;
    joined(takeId: string, segments: readonly Recording[]): Promise<Joined>;
    playable(takeId: string, segments: readonly Recording[]): Promise<{ path: string; mimeType: string }>;
    peaks(takeId: string, segments: readonly Recording[]): Promise<string>;
  };
  readPeaks(path: string, view: PeaksRequest): Promise<PeaksView>;
  /** True while bytes of this take are still on their way, or may be. */
  isArriving(takeId: string): Promise<boolean>;
  flushSidecar(id: string): Promise<void>;
  publish(event: RecorderEvent): void;
}

/** Takes as one. Their segments stay recordings of their own, and everything promised of those stays true. */
export class JoinedTakes implements Takes {
  readonly #desk: TakesDesk;

  constructor(desk: TakesDesk) {
    this.#desk = desk;
  }

  async find(takeId: string): Promise<Take | undefined> {
    const segments = chooseSegments(await this.#desk.recordings.listTake(takeId));
    return segments.length === 0 ? undefined : await this.#describe(takeId, segments);
  }

  async audio(takeId: string): Promise<AudioSource> {
    const { segments, first, plan } = await this.#open(takeId);
    if (segments.length === 1) return await this.#desk.library.audio(first.id);
    const { path, fingerprint } = await this.#desk.files.joined(takeId, segments);
    const take = await this.#describe(takeId, segments);
    const filename = take.joined?.filename ?? first.filename;
    return await fileSource(path, take.joined?.mimeType ?? plan.mimeType, fingerprint, filename);
  }

  async playable(takeId: string): Promise<AudioSource> {
    const { segments, first } = await this.#open(takeId);
    if (segments.length === 1) return await this.#desk.library.playable(first.id);
    const { path, mimeType } = await this.#desk.files.playable(takeId, segments);
    const { fingerprint } = await this.#desk.files.joined(takeId, segments);
    return await fileSource(path, mimeType, `${fingerprint}-playable`, first.filename);
  }

  async peaks(takeId: string, view: PeaksRequest): Promise<PeaksView> {
    const { segments, first } = await this.#open(takeId);
    if (segments.length === 1) return await this.#desk.library.peaks(first.id, view);
    return await this.#desk.readPeaks(await this.#desk.files.peaks(takeId, segments), view);
  }

  async amend(
    takeId: string,
    amendment: TakeAmendment,
    expectedVersion?: string,
    by?: string,
  ): Promise<Take> {
    return await this.#change(takeId, expectedVersion, isOnShelf, (targets) =>
      this.#desk.recordings.amendAll(targets, amendment, by),
    );
  }

  async trash(takeId: string, expectedVersion?: string, by?: string): Promise<Take> {
    return await this.#change(takeId, expectedVersion, isOnShelf, (targets) =>
      this.#desk.recordings.trashAll(targets, by),
    );
  }

  async restore(takeId: string, by?: string): Promise<Take> {
    const isInTrash = ({ status }: Recording) => status === 'trashed';
    return await this.#change(takeId, undefined, isInTrash, (targets) =>
      this.#desk.recordings.restoreAll(targets, by),
    );
  }

  /** All segments in one transaction, also a second one of the same number; what is superseded is left alone. */
  async #change(
    takeId: string,
    expectedVersion: string | undefined,
    isMember: (recording: Recording, first: Recording) => boolean,
    change: (targets: readonly ChangeTarget[]) => Promise<readonly Recording[]>,
  ): Promise<Take> {
    const all = await this.#desk.recordings.listTake(takeId);
    const segments = chooseSegments(all);
    const [first] = segments;
    if (first === undefined) throw unknownTake(takeId);
    const version = versionOf(segments);
    if (expectedVersion !== undefined && expectedVersion !== version) {
      throw new VoiceRecorderError(
        'version-conflict',
        `Take ${takeId} has been changed meanwhile: expected version ${expectedVersion}, found ${version}. ` +
          'Read it again and repeat the change.',
        { details: { expected: expectedVersion, found: version } },
      );
    }
    const members = all.filter(
      (one) =>
        one.status !== 'placing' && !one.storedFilename.startsWith('quarantine/') && isMember(one, first),
    );
    const isChecked = expectedVersion !== undefined;
    const changed = await change(
      members.map(({ id, version: seen }) => (isChecked ? { id, expectedVersion: seen } : { id })),
    );
    for (const recording of changed) await this.#desk.flushSidecar(recording.id);
    for (const recording of changed) this.#desk.publish({ type: 'recording-changed', recording });
    const next = await this.find(takeId);
    if (next === undefined) throw unknownTake(takeId);
    return next;
  }

  async #describe(takeId: string, segments: readonly Recording[]): Promise<Take> {
    const made = segments.length > 1 ? await this.#desk.files.find(takeId, segments) : undefined;
    const take = describeTake(takeId, segments, {
      isComplete: !(await this.#desk.isArriving(takeId)),
      version: versionOf(segments),
      made,
    });
    const elsewhere = segments.filter((segment) => !this.#desk.stores.has(segment));
    if (elsewhere.length === 0) return take;
    const joinedProblem = await this.#apartProblem(segments, elsewhere);
    return { ...take, joined: null, joinedProblem };
  }

  async #apartProblem(segments: readonly Recording[], elsewhere: readonly Recording[]): Promise<string> {
    const ids = new Set(elsewhere.flatMap(({ storeId }) => storeId ?? []));
    const names = (await Promise.all([...ids].map((id) => this.#desk.stores.nameOf(id)))).join(', ');
    return elsewhere.length === segments.length
      ? `The audio of this take lies in another store: ${names}.`
      : `${elsewhere.length} of the ${segments.length} segments of this take lie in another store (${names}): they are not joined.`;
  }

  /** The segments, of which each has its file and which can be put together. */
  async #open(takeId: string) {
    const segments = chooseSegments(await this.#desk.recordings.listTake(takeId));
    const [first] = segments;
    if (first === undefined) throw unknownTake(takeId);
    for (const segment of segments) await this.#desk.stores.requireHere(segment);
    const plan = planTake(segments);
    if (plan === undefined) {
      const { joinedProblem } = await this.#describe(takeId, segments);
      throw new VoiceRecorderError('take-not-joinable', joinedProblem ?? 'This take cannot be joined.');
    }
    for (const { id, title, storedFilename } of segments) {
      if (await this.#desk.blobs.stat(storedFilename)) continue;
      throw new VoiceRecorderError(
        'blob-missing',
        `The audio of "${title}" (${id}) should lie at ${storedFilename} in the store, but it is not there.`,
      );
    }
    return { segments, first, plan };
  }
}

/** Where the take shows: in the library, or in the trash once all of it lies there. */
function isOnShelf(recording: Recording, first: Recording): boolean {
  return (recording.status === 'trashed') === (first.status === 'trashed');
}

async function fileSource(
  path: string,
  mimeType: string,
  fingerprint: string,
  filename: string,
): Promise<AudioSource> {
  const { size } = await stat(path);
  return {
    sizeBytes: size,
    mimeType,
    etag: `${fingerprint}-${size}`,
    filename,
    open: async (range) => createReadStream(path, range ? { start: range.start, end: range.end - 1 } : {}),
  };
}

/** Follows from what people can change and the state of the segments; what machines find out changes nothing. */
function versionOf(segments: readonly Recording[]): string {
  const lines = segments.map(({ id, title, tags, notes, markers, timeline, collections, status }) =>
    JSON.stringify([id, title, tags, notes, markers, timeline, collections, status]),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

function unknownTake(takeId: string): VoiceRecorderError {
  return new VoiceRecorderError('take-unknown', `There is no take with the id ${takeId}.`);
}
