import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { faultsOf, judgeStore } from '../../src/crashtest/judge-store.ts';
import { newId } from '../../src/model/id.ts';
import type { Recording } from '../../src/model/recording.ts';
import { readTombstone, tombstoneKey } from '../../src/model/tombstone.ts';
import { NOTHING_SAID } from '../../src/model/upload.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import type { VoiceRecorder } from '../../src/voice-recorder.ts';
import { voiceSamples, wavBytes } from '../voice-wav.ts';

/** A store with recordings of every kind that a purge has to deal with, and which of them are to go. */
export interface PurgeScene {
  readonly root: string;
  readonly recordings: readonly Recording[];
  readonly purged: readonly string[];
  readonly takeId: string;
  /** SHA-256 of every file below the folders of the store. */
  readonly files: ReadonlyMap<string, string>;
}

const FOLDERS = ['raw', 'edited', 'derived', 'quarantine', 'tombstones'];
const FILE_COUNT = 5;

const open = (root: string) =>
  openVoiceRecorder({
    environment: 'testing',
    dataDir: join(root, 'data'),
    overrides: { stateDir: join(root, 'state') },
    runsJobs: false,
    lockWaitMs: 10_000,
  });

/** Files with peaks, one that has a forerunner in quarantine, a take of two segments with its joined audio. */
export async function fillPurgeStore(root: string): Promise<PurgeScene> {
  const recorder = await open(root);
  const ids: string[] = [];
  const takeId = newId(Date.now());
  try {
    const inbox = join(root, 'inbox');
    await mkdir(inbox);
    for (let seed = 0; seed < FILE_COUNT; seed++) {
      const path = join(inbox, `voice-${seed}.wav`);
      await writeFile(path, voice(seed));
      const { id = '' } = await recorder.library.importFile(path, { tags: ['harbour'] });
      ids.push(id);
      await recorder.library.peaks(id, { width: 10 });
    }
    for (const segment of [0, 1]) ids.push(await keepSegment(recorder, takeId, segment));
    await recorder.takes.audio(takeId);
  } finally {
    await recorder.close();
  }
  const recordings = await look(root, async (again) => await allOf(again, ids));
  const [first, second] = recordings;
  for (const recording of [first, second]) {
    const key = `quarantine/${recording?.storedFilename}`;
    await mkdir(dirname(join(root, 'data', key)), { recursive: true });
    await writeFile(join(root, 'data', key), 'What lay there before.');
    await writeFile(join(root, 'data', `${key}.note.json`), '{}\n');
  }
  // Of the files all but one; of the take its second segment.
  const purged = ids.filter((_, index) => index !== 2 && index !== FILE_COUNT);
  return { root, recordings, purged, takeId, files: await filesOf(root) };
}

/** What is there after the next start, as it should be after some purges that may have been cut short. */
export async function judgePurges(
  root: string,
  scene: PurgeScene,
  acknowledged: readonly string[],
): Promise<{ readonly gone: readonly string[]; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  const ids = scene.recordings.map(({ id }) => id);
  const { there, tombstones } = await look(root, async (recorder) => {
    const { adopted, missing, sidecarsRewritten, failed } = await recorder.verification.reconcile();
    wrong.push(...failed.map(({ message }) => message));
    if (adopted + missing + sidecarsRewritten > 0)
      wrong.push(`adopted ${adopted}, missing ${missing}, sidecars written again ${sidecarsRewritten}`);
    return {
      there: await allOf(recorder, ids),
      tombstones: await recorder.contextManager.withSession({ readonly: true }, (db) =>
        db.selectFrom('tombstones').select(['recording_id', 'is_finished']).execute(),
      ),
    };
  });
  const gone = ids.filter((id) => !there.some((recording) => recording.id === id));
  wrong.push(...gone.filter((id) => !scene.purged.includes(id)).map((id) => `${id} is gone unasked`));
  wrong.push(
    ...acknowledged.filter((id) => !gone.includes(id)).map((id) => `${id} was answered and is there`),
  );
  for (const { recording_id: id, is_finished: isFinished } of tombstones) {
    if (!gone.includes(id)) wrong.push(`${id} has a tombstone and a row`);
    if (isFinished === 0) wrong.push(`the purge of ${id} was not finished`);
  }
  // Half-written documents have names with a dot in front; where the catalogue was lost, nobody owes them any more.
  const isDocumentBegun = (path: string) => /\/\.[^/]*\.json\.partial$/.test(path);
  const verdict = await judgeStore(join(root, 'data'), there);
  wrong.push(...faultsOf({ ...verdict, orphans: verdict.orphans.filter((path) => !isDocumentBegun(path)) }));
  const files = new Map([...(await filesOf(root))].filter(([path]) => !isDocumentBegun(path)));
  for (const id of gone) {
    if (!tombstones.some((tombstone) => tombstone.recording_id === id))
      wrong.push(`${id} is gone without a tombstone in the catalogue`);
    wrong.push(...(await judgeTombstone(root, scene, id)));
  }
  wrong.push(...judgeFiles(scene, files, gone));
  return { gone, wrong };
}

async function judgeTombstone(root: string, scene: PurgeScene, id: string): Promise<string[]> {
  const text = await readFile(join(root, 'data', tombstoneKey(id)), 'utf8').catch(() => '');
  const checksum = scene.recordings.find((recording) => recording.id === id)?.checksum;
  const found = readTombstone(text);
  return found?.id === id && found.checksum === checksum ? [] : [`the tombstone of ${id} says "${text}"`];
}

/** Of what is gone there is nothing but the tombstone; everything else is byte for byte what it was. */
function judgeFiles(
  scene: PurgeScene,
  files: ReadonlyMap<string, string>,
  gone: readonly string[],
): string[] {
  const wrong: string[] = [];
  const segments = scene.recordings.filter(({ takeId }) => takeId === scene.takeId).map(({ id }) => id);
  const isTakeBroken = gone.some((id) => segments.includes(id));
  const ownerGone = (path: string) =>
    gone.find((id) => path.includes(id)) ??
    (isTakeBroken && path.includes(scene.takeId) ? 'a take' : undefined);
  for (const [path, checksum] of files) {
    const owner = ownerGone(path);
    const expected = scene.files.get(path);
    if (path.startsWith('tombstones/')) {
      if (owner === undefined) wrong.push(`${path} is there, and its recording too`);
    } else if (owner !== undefined) {
      // Only who purges with `isEverywhere` takes what lies in quarantine along.
      if (!path.startsWith('quarantine/') || isPurgedEverywhere(scene, owner)) wrong.push(`${path} is left`);
    } else if (expected === undefined) wrong.push(`${path} was not there before`);
    // Sidecars are judged by their rows: an amendment may have come before the death.
    else if (expected !== checksum && !path.endsWith('.json')) wrong.push(`${path} was changed`);
  }
  for (const path of scene.files.keys())
    if (!files.has(path) && ownerGone(path) === undefined) wrong.push(`${path} is missing`);
  return wrong;
}

function isPurgedEverywhere({ purged }: PurgeScene, id: string): boolean {
  return purged.indexOf(id) % 2 === 0;
}

async function look<T>(root: string, work: (recorder: VoiceRecorder) => Promise<T>): Promise<T> {
  const recorder = await open(root);
  try {
    return await work(recorder);
  } finally {
    await recorder.close();
  }
}

async function allOf(recorder: VoiceRecorder, ids: readonly string[]): Promise<Recording[]> {
  const found = await Promise.all(ids.map((id) => recorder.library.find(id)));
  return found.flatMap((recording) => recording ?? []);
}

async function keepSegment(recorder: VoiceRecorder, takeId: string, segment: number): Promise<string> {
  const bytes = voice(100 + segment);
  const wish = { ...NOTHING_SAID, kind: 'take' as const, filename: 'take.wav', takeId, segment };
  const { id } = await recorder.uploads.create(wish, bytes.length);
  await recorder.uploads.append(id, {
    offsetBytes: 0,
    body: Readable.from([bytes]),
    checksum: null,
    contentLengthBytes: bytes.length,
    lengthBytes: null,
  });
  return id;
}

function voice(seed: number): Buffer {
  return wavBytes(voiceSamples(0.3, 8_000, seed), 8_000);
}

async function filesOf(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const folder of FOLDERS) {
    const top = join(root, 'data', folder);
    const entries = await readdir(top, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const checksum = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      files.set(relative(join(root, 'data'), path), checksum);
    }
  }
  return files;
}
