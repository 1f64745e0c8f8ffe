import type { Registry } from 'prom-client';
import type { StorageReport, StoreRoom } from '../voice-recorder.ts';
import type { Collectors } from './collectors.ts';
import { samplesBy } from './recorder-metrics.ts';
import { addGauge, type Sample } from './sampled.ts';

/** Room, what is kept, how sound it is, and the work that waits. */
export function addStoreMetrics(registry: Registry, collectors: Collectors): void {
  addRoomMetrics(registry, collectors);
  addStorageMetrics(registry, collectors);
  addVerificationMetrics(registry, collectors);
  addJobMetrics(registry, collectors);
}

function addRoomMetrics(registry: Registry, { room }: Collectors): void {
  const gauge = (name: string, help: string, read: (room: StoreRoom) => number | null) =>
    addGauge(registry, { name, help, read: () => known(room.value, (value) => one(read(value))) });
  gauge('vrp_storage_free_bytes', 'Free on the disk of the store.', ({ freeBytes }) => freeBytes);
  gauge('vrp_storage_size_bytes', 'Size of the disk of the store.', ({ totalBytes }) => totalBytes);
  gauge('vrp_storage_free_inodes', 'Files that can still be made.', ({ freeInodes }) => freeInodes);
  gauge(
    'vrp_storage_reserved_bytes',
    'Declared by uploads and imports under way, and not written yet.',
    ({ reservedBytes }) => reservedBytes,
  );
  addGauge(registry, {
    name: 'vrp_storage_recording_seconds_left',
    help: 'How long can still be recorded, by preset.',
    labels: ['preset'],
    read: () =>
      known(room.value, ({ minutesLeft }) =>
        Object.entries(minutesLeft).map(([preset, minutes]) => ({ labels: { preset }, value: minutes * 60 })),
      ),
  });
  addGauge(registry, {
    name: 'vrp_storage_accepts',
    help: 'Whether this is still begun (1) or was given up for want of room (0): derived files, imports, takes.',
    labels: ['what'],
    read: () =>
      known(room.value, ({ acceptance }) =>
        Object.entries(acceptance).map(([what, isAccepted]) => ({
          labels: { what },
          value: isAccepted ? 1 : 0,
        })),
      ),
  });
}

function addStorageMetrics(registry: Registry, { storage }: Collectors): void {
  const gauge = (name: string, help: string, field: 'bytes' | 'count') =>
    addGauge(registry, {
      name,
      help,
      labels: ['kind'],
      read: () => known(storage.value, (report) => byKind(report, field)),
    });
  gauge('vrp_storage_kept_bytes', 'What is kept, by kind.', 'bytes');
  gauge('vrp_storage_kept_files', 'How many files are kept, by kind.', 'count');
}

function byKind({ byKind }: StorageReport, field: 'bytes' | 'count'): readonly Sample[] {
  return Object.entries(byKind).map(([kind, counted]) => ({ labels: { kind }, value: counted[field] }));
}

function addVerificationMetrics(registry: Registry, { verification }: Collectors): void {
  addGauge(registry, {
    name: 'vrp_verification_faulty_recordings',
    help: 'Recordings whose last check found them damaged, missing or unreadable (at most 500 are counted).',
    labels: ['result'],
    read: () =>
      known(verification.value, ({ report: { faults } }) => {
        const counts: Record<string, number> = { damaged: 0, missing: 0, unreadable: 0 };
        for (const { result } of faults) counts[result] = (counts[result] ?? 0) + 1;
        return samplesBy('result', counts);
      }),
  });
  addGauge(registry, {
    name: 'vrp_verification_never_checked_recordings',
    help: 'Recordings that were not read again since they came in.',
    read: () => known(verification.value, ({ report }) => one(report.neverVerifiedCount)),
  });
  addGauge(registry, {
    name: 'vrp_verification_oldest_wait_seconds',
    help: 'How long the recording that waits longest was not read again: since its last check, or since it came in.',
    read: () =>
      known(verification.value, ({ waitsSince }) =>
        one(waitsSince === null ? null : Math.max(0, (Date.now() - Date.parse(waitsSince)) / 1000)),
      ),
  });
}

function addJobMetrics(registry: Registry, { jobs }: Collectors): void {
  // A kind that has no work any more says so.
  const kinds = new Set<string>();
  addGauge(registry, {
    name: 'vrp_jobs',
    help: 'Jobs by kind that wait, run, or failed for good and wait for a person (dead).',
    labels: ['kind', 'state'],
    read: () =>
      known(jobs.value, (loads) => {
        for (const { kind } of loads) kinds.add(kind);
        return [...kinds].flatMap((kind) => {
          const load = loads.find((one) => one.kind === kind);
          const states = { queued: load?.queued, running: load?.running, dead: load?.dead };
          return Object.entries(states).map(([state, value = 0]) => ({ labels: { kind, state }, value }));
        });
      }),
  });
  addGauge(registry, {
    name: 'vrp_jobs_oldest_wait_seconds',
    help: 'How long the job that is due longest has been waiting; 0 when none is due.',
    read: () =>
      known(jobs.value, (loads) =>
        one(Math.max(0, ...loads.map(({ oldestWaitSeconds }) => oldestWaitSeconds))),
      ),
  });
}

function known<Reading>(
  reading: Reading | undefined,
  samplesOf: (reading: Reading) => readonly Sample[],
): readonly Sample[] {
  return reading === undefined ? [] : samplesOf(reading);
}

/** No line where there is nothing to say. */
function one(value: number | null): readonly Sample[] {
  return value === null ? [] : [{ value }];
}
