import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { judgeStore } from '../../src/crashtest/judge-store.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import type { Recording } from '../../src/model/recording.ts';
import type { UploadState } from '../../src/model/upload.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import type { VoiceRecorder } from '../../src/voice-recorder.ts';
import { PlainUploader, sha256Of, startStoreServer, uploadIdOf } from '../store-server.ts';
import { type VrpFolders, vrpEnvironment } from '../vrp-process.ts';

export const OPERATION_NAMES = ['import', 'upload', 'completion'] as const;
export type OperationName = (typeof OPERATION_NAMES)[number];

export interface Scene extends VrpFolders {
  /** The folder above all that an operation may change. */
  readonly home: string;
  readonly source: string;
  readonly bytes: Buffer;
}

/** An operation under way, before the tracing begins. */
export interface RunningOperation {
  readonly pid: number;
  /** Resolves when its client has all its answers, or the process died. */
  act(): Promise<void>;
  /** Resolves when the process is gone, killed or not. */
  end(): Promise<void>;
  /** After a restart: what became of it, in words, and what is wrong about that. */
  judge(): Promise<StateAfter>;
}

export interface StateAfter {
  readonly state: string;
  readonly wrong: readonly string[];
}

// One thread for all file work: the order of the calls is then nearly the same in every run.
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' };
// Starting a process is most of the work of a run.
const withCache = (scene: Scene) => ({
  ...ONE_THREAD,
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(scene.stateDir, 'compiled'),
});
const standStill = new URL('./stand-still.ts', import.meta.url).href;
const launcher = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));

export function begin(name: OperationName, scene: Scene): Promise<RunningOperation> {
  return name === 'import' ? beginImport(scene) : beginUpload(scene, name === 'completion');
}

/** `vrp import --move` of one file. It stands still until it is traced. */
async function beginImport(scene: Scene): Promise<RunningOperation> {
  const args = ['--import', standStill, launcher, 'import', '--json', '--move', scene.source];
  const child = spawn(process.execPath, args, {
    env: { ...vrpEnvironment(scene), ...withCache(scene) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  while (!/^State:\s+T/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'))) await sleep(5);
  return {
    pid: child.pid ?? 0,
    act: async () => void (await ended),
    end: async () => void (await ended),
    judge: () => judgeImport(scene, said.includes('"stored"')),
  };
}

function judgeImport(scene: Scene, isAcknowledged: boolean): Promise<StateAfter> {
  return afterRestart(scene, async (recorder, wrong) => {
    const hasSource = existsSync(scene.source);
    const recording = onlyOne(await allOf(recorder), scene.bytes, wrong);
    if (recording === undefined && !hasSource)
      wrong.push('the bytes are neither in the library nor at their source');
    if (recording === undefined && isAcknowledged) wrong.push('it was said to be stored and is not there');
    if (hasSource && !readFileSync(scene.source).equals(scene.bytes)) wrong.push('the source was changed');
    if (hasSource) {
      const again = await recorder.library.importFile(scene.source, { isMove: true });
      const expected = recording === undefined ? 'stored' : 'duplicate';
      if (again.status !== expected || again.error)
        wrong.push(`imported again it is ${JSON.stringify(again)}`);
      onlyOne(await allOf(recorder), scene.bytes, wrong) ?? wrong.push('imported again it is not there');
    }
    const said = isAcknowledged ? ', said to be stored' : '';
    if (recording === undefined) return 'nothing entered, source untouched';
    return `recording whole, source ${hasSource ? 'still there' : 'moved'}${said}`;
  });
}

const PIECES = [
  { endBytes: 12_000, sum: true },
  { endBytes: 20_000, sum: false },
  { endBytes: 28_000, sum: true },
] as const;

/** A take through a real server: its creation and first pieces, or its last piece. */
async function beginUpload(scene: Scene, isCompletion: boolean): Promise<RunningOperation> {
  const server = await startStoreServer(scene, withCache(scene));
  await server.waitFor('The spool is checked.');
  const client = new PlainUploader(server);
  const ended = once(server.process, 'exit');
  const known = { id: '', safeBytes: 0, sentBytes: 0, isFinished: false };
  const send = async () => {
    known.id = uploadIdOf(await client.create({ kind: 'take', filename: 'take.wav' }, null));
    for (const { endBytes, sum } of PIECES) {
      known.sentBytes = endBytes;
      const piece = scene.bytes.subarray(known.safeBytes, endBytes);
      const { status } = await client.append(known.id, known.safeBytes, piece, { sum });
      if (status !== 204) throw new Error(`A piece was answered with ${status}.`);
      known.safeBytes = endBytes;
    }
  };
  const complete = async () => {
    const lengthBytes = scene.bytes.length;
    known.sentBytes = lengthBytes;
    const piece = scene.bytes.subarray(known.safeBytes);
    const answer = await client.append(known.id, known.safeBytes, piece, { sum: true, lengthBytes });
    if (answer.status !== 204) throw new Error(`The last piece was answered with ${answer.status}.`);
    known.safeBytes = lengthBytes;
    known.isFinished = answer.headers.has('Recording-Id');
  };
  if (isCompletion) await send();
  return {
    pid: server.process.pid ?? 0,
    act: async () => {
      // A server that dies gives no answer.
      await Promise.race([(isCompletion ? complete() : send()).catch(() => undefined), ended]);
    },
    end: async () => {
      await server.kill();
    },
    judge: () => judgeUpload(scene, known),
  };
}

interface KnownUpload {
  readonly id: string;
  readonly safeBytes: number;
  readonly sentBytes: number;
  readonly isFinished: boolean;
}

function judgeUpload(scene: Scene, known: KnownUpload): Promise<StateAfter> {
  return afterRestart(scene, async (recorder, wrong) => {
    if (known.id === '') {
      for (const name of await readdir(join(scene.dataDir, 'spool'))) {
        const { offsetBytes } = await recorder.uploads.head(name);
        if (offsetBytes > 0) wrong.push(`upload ${name} holds ${offsetBytes} bytes that nobody sent`);
        await recorder.uploads.terminate(name);
        return 'an empty upload whose client never heard of it';
      }
      return 'no upload';
    }
    const found = await headOf(recorder, known.id);
    if (found.offsetBytes < known.safeBytes) wrong.push(`${known.safeBytes} bytes were acknowledged`);
    if (found.offsetBytes > known.sentBytes) wrong.push(`only ${known.sentBytes} bytes were sent`);
    const boundaries = [0, ...PIECES.map(({ endBytes }) => endBytes), scene.bytes.length];
    if (!boundaries.includes(found.offsetBytes)) wrong.push('a piece with a checksum counts in part');
    if (found.receipt === null && known.isFinished) wrong.push('it was said to be a recording and is none');
    const asFound = onlyOne(await allOf(recorder), scene.bytes, wrong);
    if ((asFound !== undefined) !== (found.receipt !== null))
      wrong.push('the receipt and the library differ');
    await goOn(scene, recorder, found, wrong);
    const said = known.isFinished ? ', said to be so' : '';
    return found.receipt === null ? `upload at offset ${found.offsetBytes}` : `recording whole${said}`;
  });
}

/** A busy machine may take its time to look an upload up; a client asks again. */
async function headOf(recorder: VoiceRecorder, id: string): Promise<UploadState> {
  for (let patience = 20; ; patience--) {
    try {
      return await recorder.uploads.head(id);
    } catch (error) {
      if (failureCodeOf(error) !== 'upload-recovering' || patience === 0) throw error;
    }
  }
}

/** The client comes back and sends the rest. */
async function goOn(
  scene: Scene,
  recorder: VoiceRecorder,
  found: UploadState,
  wrong: string[],
): Promise<void> {
  const rest = scene.bytes.subarray(found.offsetBytes);
  const { receipt } = await recorder.uploads.append(found.id, {
    offsetBytes: found.offsetBytes,
    body: Readable.from(rest.length === 0 ? [] : [rest]),
    checksum: null,
    contentLengthBytes: rest.length,
    lengthBytes: scene.bytes.length,
  });
  if (receipt?.checksum !== sha256Of(scene.bytes).toString('hex'))
    wrong.push('completed, its checksum is another');
  onlyOne(await allOf(recorder), scene.bytes, wrong) ?? wrong.push('completed, it is not in the library');
}

/** Opens the store as the next process would, lets recovery run, asks `look`, closes it and looks at every byte. */
async function afterRestart(
  scene: Scene,
  look: (recorder: VoiceRecorder, wrong: string[]) => Promise<string>,
): Promise<StateAfter> {
  const wrong: string[] = [];
  const checked = Promise.withResolvers<void>();
  const recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir: scene.dataDir,
    overrides: { stateDir: scene.stateDir, maxFileMb: 0 },
    runsJobs: false,
    lockWaitMs: 10_000,
    log: (level, message) => {
      if (message === 'The spool is checked.') checked.resolve();
      if (level === 'error') wrong.push(message);
    },
  });
  let state = 'unknown';
  let recordings: Recording[] = [];
  try {
    await checked.promise;
    state = await look(recorder, wrong);
    recordings = await allOf(recorder);
    await settled(join(scene.dataDir, 'spool'));
  } catch (error) {
    wrong.push(`${failureCodeOf(error) ?? 'not ours'}: ${String(error)}`);
  } finally {
    await recorder.close();
  }
  const verdict = await judgeStore(scene.dataDir, recordings);
  const { wrongFiles, missingFiles, wrongSidecars, orphans, leftInSpool } = verdict;
  wrong.push(...wrongFiles, ...missingFiles, ...wrongSidecars, ...orphans.map((path) => `orphan ${path}`));
  wrong.push(...leftInSpool.map((name) => `bytes left in spool/${name}`));
  wrong.push(...(await readdir(join(scene.dataDir, 'spool'))).map((name) => `spool/${name} is left`));
  return { state, wrong };
}

/** Folders of finished uploads are cleared in the background. */
async function settled(spool: string): Promise<void> {
  for (let patience = 200; patience > 0 && (await readdir(spool)).length > 0; patience--) await sleep(10);
}

async function allOf(recorder: VoiceRecorder): Promise<Recording[]> {
  return [...(await recorder.library.list({ limit: 500 })).items];
}

function onlyOne(recordings: readonly Recording[], bytes: Buffer, wrong: string[]): Recording | undefined {
  const checksum = sha256Of(bytes).toString('hex');
  const found = recordings.filter((recording) => recording.checksum === checksum);
  if (found.length > 1) wrong.push(`it is in the library ${found.length} times`);
  if (found.some(({ status }) => status !== 'active')) wrong.push(`its state is ${found[0]?.status}`);
  return found[0];
}

/** The same beginning for every run. */
export async function setSource(scene: Scene, original: string): Promise<void> {
  await copyFile(original, scene.source);
}
