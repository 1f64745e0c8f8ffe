import { VoiceRecorderError } from '../model/failure.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { sidecarKey, sidecarText } from '../model/sidecar.ts';
import type { FixityCheck, ReconcileReport } from '../model/verification.ts';
import type { ReconcileOptions } from './verification.ts';

const PAGE_SIZE = 100;

export interface ReconcileDesk {
  /** Throws when the store is not there (any more). */
  requireStore(): void;
  /** Enters what files and sidecars know better than the catalogue: higher versions win, strangers are adopted. */
  enterFiles(options: EnterFilesOptions): Promise<Pick<ReconcileReport, 'adopted' | 'failed'>>;
  /** How many recordings `streamAll` comes to, about. */
  countAll(): Promise<number>;
  streamAll(): AsyncIterable<Recording>;
  /** What the recording's sidecar is to carry of its history. */
  historyOf(id: RecordingId): Promise<readonly HistoryEntry[]>;
  /** False when nothing, or something that is no file, lies there. */
  hasFile(key: string): Promise<boolean>;
  /** Undefined when there is none, or it cannot be read. */
  readDocument(key: string): Promise<string | undefined>;
  verify(id: RecordingId, signal?: AbortSignal): Promise<FixityCheck>;
  oweSidecars(ids: readonly RecordingId[]): Promise<void>;
}

export interface EnterFilesOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: { readonly filesDone: number; readonly fileCount: number }) => void;
}

/**
 * Makes catalogue, files and sidecars agree: files without a row become recordings, rows without a file are named,
 * sidecars that say something else than their row are written again. Deletes nothing; page by page, so that a large
 * store needs no more memory. Rejects with `interrupted` or `store-marker-missing`.
 */
export async function reconcile(
  desk: ReconcileDesk,
  { signal, onProgress }: ReconcileOptions = {},
): Promise<ReconcileReport> {
  desk.requireStore();
  const rowCount = await desk.countAll();
  let filesSeen = 0;
  const tell = (doneCount: number, files: number) =>
    onProgress?.({ doneCount, totalCount: Math.max(doneCount, files + rowCount) });
  const { adopted, failed } = await desk.enterFiles({
    signal,
    onProgress: ({ filesDone, fileCount }) => {
      filesSeen = fileCount;
      tell(filesDone, fileCount);
    },
  });
  let rowsDone = 0;
  let missing = 0;
  let sidecarsOwed = 0;
  for await (const page of pagesOf(desk.streamAll())) {
    requireGoingOn(signal);
    const looked = await Promise.all(page.map((recording) => lookAt(desk, recording)));
    const owed = looked.filter(({ isSidecarRight }) => !isSidecarRight).map(({ id }) => id);
    if (owed.length > 0) await desk.oweSidecars(owed);
    sidecarsOwed += owed.length;
    for (const { id } of looked.filter(({ hasFile }) => !hasFile)) {
      // A whole check, for log and catalogue to have it as any other one.
      if ((await desk.verify(id, signal)).result !== 'ok') missing += 1;
    }
    rowsDone += page.length;
    tell(filesSeen + rowsDone, filesSeen);
  }
  return { adopted, missing, sidecarsRewritten: sidecarsOwed, failed };
}

async function lookAt(desk: ReconcileDesk, recording: Recording) {
  const { id, storedFilename } = recording;
  const [hasFile, text, history] = await Promise.all([
    desk.hasFile(storedFilename),
    desk.readDocument(sidecarKey(storedFilename)),
    // Nobody changed what is in its first version.
    recording.version === 1 ? [] : desk.historyOf(id),
  ]);
  return { id, hasFile, isSidecarRight: text !== undefined && saysTheSame(text, recording, history) };
}

/** A sidecar of a higher version was entered before, or has a reason not to be: it is not overwritten. */
function saysTheSame(text: string, recording: Recording, history: readonly HistoryEntry[]): boolean {
  // The date of the last check changes without a new version, and without a new sidecar.
  const written = parse(text);
  if (written === undefined) return false;
  const { metadataVersion } = written;
  if (typeof metadataVersion === 'number' && metadataVersion > recording.version) return true;
  const { lastVerifiedAt } = written;
  const seen = typeof lastVerifiedAt === 'string' ? lastVerifiedAt : null;
  const expected = sidecarText({ ...recording, lastVerifiedAt: seen }, history);
  return text === expected;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Damaged: the catalogue knows what has to stand there.
    return undefined;
  }
}

async function* pagesOf(recordings: AsyncIterable<Recording>): AsyncGenerator<Recording[]> {
  let page: Recording[] = [];
  for await (const recording of recordings) {
    page.push(recording);
    if (page.length < PAGE_SIZE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function requireGoingOn(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new VoiceRecorderError(
    'interrupted',
    'Comparing files and catalogue was stopped; what was found so far is entered.',
  );
}
