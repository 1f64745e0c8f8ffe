import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { CopyFault } from '../model/copy.ts';
import { eachAtOnce } from '../model/each-at-once.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import { sidecarKey } from '../model/sidecar.ts';
import { readSidecar } from '../model/sidecar-reading.ts';
import type { CopyTarget, FarDigest, FarKey, FarObject } from './copy-target.ts';
import { faultOf } from './target-sync.ts';

export interface RestoreDesk {
  readonly far: CopyTarget;
  readonly blobs: Pick<BlobStore, 'stat' | 'checksum' | 'place'>;
  /** On the disk of the store; what was fetched of a file stays there until the next try. */
  readonly scratchFolder: string;
  /** Only recordings with these ids; all when not given. */
  readonly ids?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  onProgress(progress: { readonly filesDone: number; readonly fileCount: number }): void;
}

export interface FetchReport {
  /** Brought back, each with the right bytes. */
  readonly fetched: number;
  readonly fetchedBytes: number;
  /** Lay in the store already. */
  readonly present: number;
  readonly failed: readonly ({ readonly file: string } & CopyFault)[];
}

const AT_ONCE = 4;
/** As the store names its originals; nothing else that lies at a target is touched. */
const ORIGINAL = /^(raw|edited)\/\d{4}\/\d{2}\/\d{8}T\d{6}Z-([0-9a-f-]{36})\.[a-z0-9]{1,12}$/;

/**
 * Brings audio and sidecars of a target into the store, each compared with the checksum that its sidecar names. Nothing that lies
 * there is overwritten. Broken off, it goes on when begun again. Rejects with `interrupted` and as the target does.
 */
export async function fetchCopies(desk: RestoreDesk): Promise<FetchReport> {
  const originals = await listOriginals(desk);
  const report = { fetched: 0, fetchedBytes: 0, present: 0 };
  const failed: ({ readonly file: string } & CopyFault)[] = [];
  let filesDone = 0;
  await eachAtOnce(originals, AT_ONCE, async ({ key }) => {
    requireGoingOn(desk);
    try {
      const bytes = await fetchOne(desk, key);
      if (bytes === undefined) report.present += 1;
      else {
        report.fetched += 1;
        report.fetchedBytes += bytes;
      }
    } catch (error) {
      requireGoingOn(desk);
      const code = failureCodeOf(error);
      // What no other file would fare better with.
      if (code === undefined || code === 'disk-full' || code.startsWith('target-')) throw error;
      failed.push({ file: key, ...faultOf(error) });
    }
    filesDone += 1;
    desk.onProgress({ filesDone, fileCount: originals.length });
  });
  return { ...report, failed };
}

async function listOriginals({ far, ids }: RestoreDesk): Promise<readonly FarObject[]> {
  const found: FarObject[] = [];
  for (let after = ''; ; ) {
    const { objects, isMore } = await far.list('', after);
    for (const object of objects) {
      const [, , id = ''] = ORIGINAL.exec(object.key) ?? [];
      if (id !== '' && !object.key.endsWith('.json') && (ids === undefined || ids.includes(id)))
        found.push(object);
    }
    const last = objects.at(-1);
    if (!isMore || last === undefined) return found;
    after = last.key;
  }
}

/** Resolves to the size, or undefined where the right bytes lie in the store already. */
async function fetchOne(desk: RestoreDesk, key: FarKey): Promise<number | undefined> {
  const { far, blobs } = desk;
  const documentKey = sidecarKey(key);
  const content = await far.readDocument(documentKey);
  const expected = content === undefined ? undefined : expectedOf(content, documentKey, key);
  if (expected !== undefined && (await blobs.stat(key)) !== undefined) {
    const there = await blobs.checksum(key);
    if (there.checksum === expected.checksum) return undefined;
    throw new VoiceRecorderError(
      'blob-exists',
      `${key} lies in the store with other bytes than at the target. "vrp repair" heals what is damaged.`,
    );
  }
  const path = join(desk.scratchFolder, `copy-of-${key.replaceAll('/', '-')}`);
  const found = await far.fetch(key, path);
  if (expected !== undefined && found.checksum !== expected.checksum) {
    await rm(path, { force: true });
    throw new VoiceRecorderError(
      'copy-mismatch',
      `${key} at the target is not what its sidecar says: expected SHA-256 ${expected.checksum}, found ${found.checksum}. It was not brought back.`,
    );
  }
  await blobs.place(key, path, found, content === undefined ? undefined : { key: documentKey, content });
  return found.sizeBytes;
}

/** A sidecar that speaks of another file is none of this one. */
function expectedOf(content: string, documentKey: string, key: FarKey): FarDigest {
  const { recording } = readSidecar(content, documentKey);
  if (recording.storedFilename === key)
    return { checksum: recording.checksum, sizeBytes: recording.filesizeBytes };
  throw new VoiceRecorderError(
    'sidecar-unreadable',
    `${documentKey} at the target speaks of ${recording.storedFilename}, not of ${key}.`,
  );
}

function requireGoingOn({ signal }: RestoreDesk): void {
  if (!signal?.aborted) return;
  throw new VoiceRecorderError(
    'interrupted',
    'Bringing copies back was stopped; it goes on when begun again.',
  );
}
