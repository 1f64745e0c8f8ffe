import type { DiskBlobs } from '../blobs/disk-blobs.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { IngestDesk } from '../ingest/ingest-desk.ts';
import { newRecording } from '../ingest/new-recording.ts';
import type { ReconcileProgress, ReconcileReport } from '../model/verification.ts';
import type { AroundWork } from '../open-options.ts';
import { readDocument } from '../rebuild/look-at.ts';
import { rebuild } from '../rebuild/rebuild.ts';
import { type ReconcileDesk, reconcile } from '../verify/reconcile.ts';
import type { Verification } from '../verify/verification.ts';

export interface ReconcileParts {
  readonly dataDir: string;
  readonly catalogue: Catalogue;
  readonly blobs: DiskBlobs;
  readonly ingest: IngestDesk;
  /** Resolves when what is owed was written, or waits for its next attempt. */
  readonly drainSidecars: () => Promise<void>;
  readonly around?: AroundWork | undefined;
}

/** Joins reconciling with the room that knows how to read files and sidecars into a catalogue. */
export function joinReconcile(
  parts: ReconcileParts,
  desk: Pick<ReconcileDesk, 'verify' | 'requireStore'>,
): Verification['reconcile'] {
  const { blobs, catalogue, dataDir, ingest, around = (work) => work() } = parts;
  let running: Promise<ReconcileReport> | undefined;
  const listeners = new Set<(progress: ReconcileProgress) => void>();
  const run = async (signal: AbortSignal | undefined) => {
    const report = await reconcile(
      {
        ...desk,
        enterFiles: async ({ onProgress }) => {
          const entered = await rebuild({
            dataDir,
            known: catalogue.known,
            clock: ingest.clock,
            probe: (path, filename, end) => ingest.media.probe(path, filename, end),
            hashFile: (path, end) => ingest.hashFile(path, end),
            describe: newRecording,
            place: (key, sourcePath, expected) => blobs.place(key, sourcePath, expected),
            quarantine: (key, reason) => blobs.quarantine(key, reason),
            onProgress,
            ...(signal && { signal }),
          });
          // What is on its way already is not to be found wanting.
          await parts.drainSidecars();
          return entered;
        },
        countAll: () => catalogue.recordings.countHere(),
        streamAll: () => catalogue.recordings.streamAll(),
        historyOf: (id) => catalogue.recordings.sidecarHistory(id),
        hasFile: async (key) => (await blobs.stat(key)) !== undefined,
        // Whatever keeps it from being read: then it is written again.
        readDocument: (key) => readDocument(blobs.localPath(key), key).catch(() => undefined),
        oweSidecars: (ids) => catalogue.known.oweSidecars(ids),
      },
      {
        ...(signal && { signal }),
        onProgress: (progress) => {
          for (const tell of listeners) tell(progress);
        },
      },
    );
    await parts.drainSidecars();
    return report;
  };
  // One at a time: two would adopt the same stranger twice.
  return async ({ signal, onProgress } = {}) => {
    running ??= around(() => run(signal)).finally(() => {
      running = undefined;
    });
    if (onProgress) listeners.add(onProgress);
    try {
      return await running;
    } finally {
      if (onProgress) listeners.delete(onProgress);
    }
  };
}
