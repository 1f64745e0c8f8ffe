import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { EventHub } from '../library/event-hub.ts';
import type { Clock } from '../model/clock.ts';
import { sidecarText } from '../model/sidecar.ts';
import type { LogListener } from '../open-options.ts';
import type { Copies } from '../sync/copies.ts';
import { CopySchedule } from '../sync/copy-schedule.ts';
import { CopyService } from '../sync/copy-service.ts';
import { TargetBook } from '../sync/target-book.ts';
import { openThreadedTarget } from '../sync/threaded-target.ts';
import type { FetchCopy } from '../verify/repairer.ts';

export interface CopyParts {
  readonly config: StorageConfig;
  readonly storeId: string;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly queue: JobQueue;
  readonly events: EventHub;
  localPath(storedFilename: string): string;
  wakeSidecars(): void;
  readonly log: LogListener;
}

export interface JoinedCopies {
  readonly copies: Copies;
  readonly fetchCopy: FetchCopy;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** Keeps copies up to date until the returned function is called. */
  start(): () => Promise<void>;
}

/** Joins the room `sync` with catalogue, jobs and events. */
export function joinCopies(parts: CopyParts): JoinedCopies {
  const { config, storeId, clock, catalogue, events } = parts;
  const book = new TargetBook(config.stateDir, storeId);
  const desk = { clock, book, ledger: catalogue.copies, report: catalogue.copyReport };
  const service = new CopyService({
    ...desk,
    storeId,
    scratchFolder: config.derivedPath,
    localPath: parts.localPath,
    async describe(id) {
      const known = await catalogue.outbox.describe(id);
      return known && { text: sidecarText(known.recording, known.history), version: known.recording.version };
    },
    openTarget: openThreadedTarget,
    onFault: ({ name: target }, { code, message }) =>
      parts.log('warn', `A copy could not be fetched. ${message}`, { target, code }),
    onProgress(progress) {
      events.publish({ type: 'copy-changed', ...progress });
      // The ledger has told the sidecar's outbox.
      if (progress.state !== 'sending' && progress.state !== 'sent') parts.wakeSidecars();
    },
  });
  const schedule = new CopySchedule({
    ...desk,
    service,
    queue: parts.queue,
    recheckDays: config.patrolDays,
    onFailure: (error) => parts.log('error', 'What copies are owed could not be looked for.', { error }),
  });
  return {
    copies: service,
    fetchCopy: (recording, signal) => service.fetch(recording, signal),
    handlers: schedule.handlers,
    start() {
      const unsubscribe = events.subscribe((event) => {
        if (event.type === 'recording-added' || event.type === 'recording-changed')
          schedule.note(event.recording.id);
      });
      const stop = schedule.start();
      return async () => {
        unsubscribe();
        await stop();
      };
    },
  };
}
