import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { DiskBlobs } from '../blobs/disk-blobs.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { ImportDesk, IngestDesk } from '../ingest/ingest-desk.ts';
import { ingestSpooled } from '../ingest/ingest-spooled.ts';
import type { Media, MediaOptions } from '../media/media.ts';
import type { Recording } from '../model/recording.ts';
import type { SilencedPart } from '../model/repair.ts';
import { TIMELINE_LIMITS, type TimelineEvent } from '../model/take-timeline.ts';
import { NOTHING_SAID, type UploadWish } from '../model/upload.ts';
import { type FetchCopy, type MadeRepair, type RepairerDesk, repairRecording } from '../verify/repairer.ts';
import type { Verification } from '../verify/verification.ts';
import { findHere } from './find-here.ts';

export interface RepairParts {
  readonly derivedPath: string;
  readonly ingest: IngestDesk;
  readonly spool: Pick<ImportDesk, 'copyIn' | 'discardSpooled'>;
  readonly catalogue: Pick<Catalogue, 'recordings' | 'stores'>;
  readonly blobs: DiskBlobs;
  readonly media: Media;
  readonly fetchCopy: FetchCopy;
}

/** Joins repair with media, ingest and disk. */
export function joinRepair(parts: RepairParts, verify: Verification['verify']): Verification['repair'] {
  const { blobs, ingest, media, catalogue } = parts;
  const desk: RepairerDesk = {
    find: (id) => findHere(catalogue, id),
    verify,
    turns: ingest.turns,
    fetchCopy: parts.fetchCopy,
    hashFile: (path, signal) => ingest.hashFile(path, signal),
    quarantine: (key, reason) => blobs.quarantine(key, reason),
    place: (key, sourcePath, expected) => blobs.place(key, sourcePath, expected),
    findFaults: (key, options) => media.findFaults(blobs.localPath(key), options),
    makeRepaired: (parent, options) => makeRepaired(parts, parent, options),
  };
  return (id, options) => repairRecording(desk, id, options);
}

/** The repaired file is written among the derived ones, where nobody misses what a crash leaves, then brought in like any other. */
async function makeRepaired(
  { derivedPath, ingest, spool, catalogue: { recordings }, blobs, media }: RepairParts,
  parent: Recording,
  options: MediaOptions,
): Promise<MadeRepair> {
  const { signal } = options;
  const path = join(derivedPath, parent.id, 'repaired');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const { extension, silenced } = await media.repair(blobs.localPath(parent.storedFilename), path, options);
    const { checksum } = await ingest.hashFile(path, signal);
    const standing = await recordings.findByChecksum(checksum);
    if (standing?.parentIds.includes(parent.id)) {
      if (standing.status === 'trashed') await recordings.restore(standing.id, null);
      return { id: standing.id, silenced };
    }
    const spooled = await spool.copyIn(path, wishFor(parent, extension), signal ? { signal } : {});
    try {
      await ingestSpooled(ingest, { ...spooled, parentIds: [parent.id] });
    } finally {
      await spool.discardSpooled(spooled.id);
    }
    const { markers, collections } = parent;
    const timeline = [...parent.timeline, ...silenced.map(silenceEvent)].slice(0, TIMELINE_LIMITS.events);
    const inherited = { markers, collections, timeline };
    if (markers.length + collections.length + timeline.length > 0) {
      ingest.onChanged?.(await recordings.amend(spooled.id, inherited, undefined, null));
    }
    return { id: spooled.id, silenced };
  } finally {
    await rm(path, { force: true });
  }
}

function silenceEvent({ atSeconds, durationSeconds }: SilencedPart): TimelineEvent {
  return { kind: 'silence', atSeconds, durationSeconds, note: 'What stood here was damaged' };
}

function wishFor(parent: Recording, extension: string): UploadWish {
  const { title, tags, notes, recordedAt, recordedAtSource, recordedAtZone, preset } = parent;
  return {
    ...NOTHING_SAID,
    kind: 'file',
    filename: `${posix.parse(parent.filename).name}-repaired.${extension}`,
    title: `${title} (repaired)`,
    tags,
    notes,
    recordedAt,
    recordedAtSource,
    recordedAtZone,
    preset,
  };
}
