import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { DiskBlobs } from '../blobs/disk-blobs.ts';
import type { RecordingRepository } from '../catalogue/recording-repository.ts';
import type { ImportDesk, IngestDesk } from '../ingest/ingest-desk.ts';
import { ingestSpooled } from '../ingest/ingest-spooled.ts';
import type { Media } from '../media/media.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { NOTHING_SAID, type UploadWish } from '../model/upload.ts';
import { type FetchCopy, type RepairerDesk, repairRecording } from '../verify/repairer.ts';
import type { Verification } from '../verify/verification.ts';

export interface RepairParts {
  readonly derivedPath: string;
  readonly ingest: IngestDesk;
  readonly spool: Pick<ImportDesk, 'copyIn' | 'discardSpooled'>;
  readonly recordings: RecordingRepository;
  readonly blobs: DiskBlobs;
  readonly media: Media;
  readonly fetchCopy: FetchCopy;
}

/** Joins repair with media, ingest and disk. */
export function joinRepair(parts: RepairParts, verify: Verification['verify']): Verification['repair'] {
  const { blobs, ingest, media, recordings } = parts;
  const desk: RepairerDesk = {
    find: (id) => recordings.find(id),
    verify: (id, signal) => verify(id, signal ? { signal } : {}),
    turns: ingest.turns,
    fetchCopy: parts.fetchCopy,
    hashFile: (path, signal) => ingest.hashFile(path, signal),
    quarantine: (key, reason) => blobs.quarantine(key, reason),
    place: (key, sourcePath, expected) => blobs.place(key, sourcePath, expected),
    findFaults: (key, signal) => media.findFaults(blobs.localPath(key), signal),
    makeRepaired: (parent, signal) => makeRepaired(parts, parent, signal),
  };
  return (id, { signal } = {}) => repairRecording(desk, id, signal);
}

/** The repaired file is written among the derived ones, where nobody misses what a crash leaves, then brought in like any other. */
async function makeRepaired(
  { derivedPath, ingest, spool, recordings, blobs, media }: RepairParts,
  parent: Recording,
  signal: AbortSignal | undefined,
): Promise<RecordingId> {
  const path = join(derivedPath, parent.id, 'repaired');
  const stop = signal ? { signal } : {};
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const { extension } = await media.repair(blobs.localPath(parent.storedFilename), path, stop);
    const { checksum } = await ingest.hashFile(path, signal);
    const standing = await recordings.findByChecksum(checksum);
    if (standing?.parentIds.includes(parent.id)) {
      return standing.status === 'trashed' ? (await recordings.restore(standing.id)).id : standing.id;
    }
    const spooled = await spool.copyIn(path, wishFor(parent, extension), stop);
    try {
      await ingestSpooled(ingest, { ...spooled, parentIds: [parent.id] });
    } finally {
      await spool.discardSpooled(spooled.id);
    }
    const { markers, collections } = parent;
    if (markers.length + collections.length > 0) {
      ingest.onChanged?.(await recordings.amend(spooled.id, { markers, collections }));
    }
    return spooled.id;
  } finally {
    await rm(path, { force: true });
  }
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
