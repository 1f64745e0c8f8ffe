import { Readable } from 'node:stream';
import { JoinedTakes } from '../src/library/joined-takes.ts';
import type { Recording } from '../src/model/recording.ts';
import type { Library, Takes } from '../src/voice-recorder.ts';
import { memoryChanges } from './memory-changes.ts';
import { failure } from './memory-failure.ts';

/** The library of a recorder in memory. */
export function memoryLibrary(
  recordings: Map<string, Recording>,
  bytesOf: Map<string, Buffer>,
  failWhenTold: () => void,
): Library {
  const need = (id: string, version?: number): Recording => {
    failWhenTold();
    const recording = recordings.get(id);
    if (!recording) throw failure('recording-unknown', `There is no recording with the id ${id}.`);
    if (version !== undefined && version !== recording.version) {
      throw failure('version-conflict', `Expected version ${version}, found ${recording.version}.`);
    }
    return recording;
  };
  const changes = memoryChanges(recordings, need);
  const source = async (id: string, suffix = '') => {
    const { mimeType, checksum, filename } = need(id);
    const bytes = bytesOf.get(id);
    if (!bytes) throw failure('blob-missing', `The audio of ${id} is missing.`);
    return {
      sizeBytes: bytes.length,
      mimeType,
      etag: checksum + suffix,
      filename,
      open: async (range?: { start: number; end: number }) =>
        Readable.from([bytes.subarray(range?.start ?? 0, range?.end ?? bytes.length)]),
    };
  };
  return {
    list: async ({ query = '', tag, limit = 50, cursor, isTrashed = false }) => {
      failWhenTold();
      const all = [...recordings.values()]
        .filter(({ status }) => (status === 'trashed') === isTrashed)
        .filter(({ title, tags }) => title.includes(query) && (tag === undefined || tags.includes(tag)));
      const start = cursor === undefined ? 0 : Number(cursor);
      if (Number.isNaN(start)) throw failure('cursor-invalid', `${cursor} is no cursor.`);
      const nextCursor = start + limit < all.length ? String(start + limit) : null;
      return { items: all.slice(start, start + limit), nextCursor };
    },
    find: async (id) => {
      failWhenTold();
      return recordings.get(id);
    },
    tags: async () => [{ tag: 'voice', count: recordings.size }],
    ...changes,
    importFile: async (file) => ({ file, status: 'rejected' }),
    audio: (id) => source(id),
    playable: (id) => source(id, '-playable'),
    peaks: async (id, { fromSeconds = 0, toSeconds = 2, width = 4 }) => {
      need(id);
      const min = Array.from({ length: width }, () => -0.5);
      return { durationSeconds: 2, fromSeconds, toSeconds, min, max: min.map((value) => -value) };
    },
  };
}

/** Takes of any number of segments, of which only lone ones can be heard. */
export function memoryTakes(recordings: Map<string, Recording>, library: Library): Takes {
  const noJoining = () => Promise.reject(failure('media-failed', 'Nothing is joined in memory.'));
  const changeAll = (change: (id: string, version?: number) => Promise<Recording>) => {
    return (targets: readonly { id: string; expectedVersion?: number }[]) =>
      Promise.all(targets.map(({ id, expectedVersion }) => change(id, expectedVersion)));
  };
  return new JoinedTakes({
    recordings: {
      listTake: async (takeId) => [...recordings.values()].filter((one) => one.takeId === takeId),
      amendAll: (targets, amendment) =>
        changeAll((id, version) => library.amend(id, amendment, version))(targets),
      trashAll: changeAll((id, version) => library.trash(id, version)),
      restoreAll: changeAll((id) => library.restore(id)),
    },
    stores: { has: () => true, nameOf: async (id) => id, requireHere: async () => undefined },
    blobs: { stat: async () => ({ sizeBytes: 1 }) },
    library,
    files: { find: async () => undefined, joined: noJoining, playable: noJoining, peaks: noJoining },
    readPeaks: noJoining,
    isArriving: async () => false,
    flushSidecar: async () => undefined,
    publish: () => undefined,
  });
}
