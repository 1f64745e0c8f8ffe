import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recording } from '../../src/model/recording.ts';
import { sidecarKey } from '../../src/model/sidecar.ts';
import { sha256 } from './power-cut-clients.ts';
import type { Amended, Ledger, SentUpload } from './power-cut-ledger.ts';
import { type Comeback, listWhenSettled, PATIENCE_MS, read } from './power-cut-settled.ts';

/** Before anybody opens the store: an amendment is answered only when its sidecar says it. */
export function judgeSidecars(dataDir: string, ledger: Ledger): string[] {
  return [...ledger.amended.values()].flatMap(({ id, storedFilename, sidecarVersion, title }) => {
    const path = join(dataDir, sidecarKey(storedFilename));
    let sidecar: { metadataVersion: number; title: string };
    try {
      sidecar = JSON.parse(readFileSync(path, 'utf8')) as typeof sidecar;
    } catch (error) {
      return [`the sidecar of ${id} cannot be read: ${String(error)}`];
    }
    if (sidecar.metadataVersion < sidecarVersion)
      return [`the sidecar of ${id} is older than what was answered`];
    return isOneOf(sidecar.title, title) ? [] : [`the sidecar of ${id} has the title ${sidecar.title}`];
  });
}

/**
 * Compares the store behind a running server with what its clients were answered, and notes in the ledger what
 * became of what was not answered. Everything that is said and not so is in the result.
 */
export async function judgeComeback(store: Comeback, ledger: Ledger): Promise<string[]> {
  const broken: string[] = [];
  if (ledger.ownerToken !== undefined && ledger.ownerToken !== store.token)
    broken.push('the owner has another token');
  await judgeUploads(store, ledger, broken);
  const recordings = await listWhenSettled(store, ledger, broken);
  judgeRecordings(store, ledger, recordings, broken);
  judgeFiles(store, ledger, recordings, broken);
  await judgeTokens(store, ledger, broken);
  return broken;
}

async function judgeUploads(store: Comeback, ledger: Ledger, broken: string[]): Promise<void> {
  // Completed by the server itself between its answer and the look into its spool.
  const moved: SentUpload[] = [];
  for (const upload of ledger.uploads.values()) {
    if (upload.isRecording) continue;
    const { id, safeBytes, sentBytes } = upload;
    const answer = await headOf(store, id);
    if (answer.status === 404 || answer.status === 410) {
      if (upload.ending === 'none') broken.push(`upload ${id} with ${safeBytes} safe bytes is gone`);
      upload.ending = 'answered';
      continue;
    }
    if (answer.status !== 200) {
      broken.push(`upload ${id} answers ${answer.status}`);
      continue;
    }
    if (upload.ending === 'answered') broken.push(`upload ${id} was ended and is there again`);
    upload.ending = 'none';
    const offset = Number(answer.headers.get('upload-offset'));
    if (offset < safeBytes)
      broken.push(`upload ${id} stands at ${offset}, but ${safeBytes} were acknowledged`);
    if (offset > sentBytes) broken.push(`upload ${id} stands at ${offset}, but only ${sentBytes} were sent`);
    upload.safeBytes = offset;
    if (answer.headers.get('recording-id') === null) {
      const held = spooledBytes(store.dataDir, id, offset);
      if (held === undefined) moved.push(upload);
      else if (!held.equals(upload.bytes.subarray(0, offset)))
        broken.push(`upload ${id} holds other bytes than were sent`);
      continue;
    }
    if (!upload.isLastSent) broken.push(`upload ${id} is a recording, but its end was never sent`);
    ledger.noteRecording(upload);
  }
  for (const upload of moved) {
    const answer = await headOf(store, upload.id);
    if (answer.headers.get('recording-id') !== null) ledger.noteRecording(upload);
    else broken.push(`upload ${upload.id} answers ${answer.status}, but its bytes are not in the spool`);
  }
}

async function headOf({ baseUrl, token }: Comeback, id: string): Promise<Response> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(`${baseUrl}/api/uploads/${id}`, {
      method: 'HEAD',
      headers: { 'Tus-Resumable': '1.0.0', authorization: `Bearer ${token}` },
    });
    // `upload-recovering`: still being checked.
    if (answer.status !== 423 || performance.now() > deadlineMs) return answer;
    await sleep(50);
  }
}

/** Undefined when they lie there no more. */
function spooledBytes(dataDir: string, id: string, length: number): Buffer | undefined {
  const folder = join(dataDir, 'spool', id);
  try {
    const { generation } = JSON.parse(readFileSync(join(folder, 'info.json'), 'utf8')) as {
      generation: number;
    };
    const name = generation === 1 ? 'data' : `data-${generation}`;
    return readFileSync(join(folder, name)).subarray(0, length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function judgeRecordings(
  { dataDir }: Comeback,
  ledger: Ledger,
  recordings: readonly Recording[],
  broken: string[],
): void {
  const byId = new Map(recordings.map((recording) => [recording.id, recording]));
  for (const recording of recordings) {
    const { id, storedFilename, checksum, status } = recording;
    if (status !== 'active' && status !== 'trashed') broken.push(`recording ${id} is ${status}`);
    const audio = read(dataDir, storedFilename);
    if (audio === undefined) broken.push(`recording ${id} has no file`);
    else if (createHash('sha256').update(audio).digest('hex') !== checksum)
      broken.push(`the file of recording ${id} has other bytes than its row says`);
    const upload = ledger.uploads.get(id);
    const isImported = ledger.files.some((file) => file.checksum === checksum);
    if (upload === undefined ? !isImported : upload.checksum !== checksum)
      broken.push(`recording ${id} holds bytes that nobody sent whole`);
  }
  for (const upload of ledger.uploads.values()) {
    if (upload.isRecording && !byId.has(upload.id))
      broken.push(`recording ${upload.id} is not in the catalogue`);
    if (upload.ending === 'answered' && byId.has(upload.id))
      broken.push(`${upload.id} was ended and is a recording`);
    judgeAmendments(ledger, upload, byId.get(upload.id), broken);
  }
}

function judgeAmendments(
  ledger: Ledger,
  upload: SentUpload,
  recording: Recording | undefined,
  broken: string[],
): void {
  const amended = ledger.amended.get(upload.id);
  if (amended === undefined || recording === undefined) return;
  const { id, title, isTrashed } = amended;
  if (recording.version < amended.version)
    broken.push(`recording ${id} is at version ${recording.version}, but ${amended.version} was answered`);
  if (!isOneOf(recording.title, title)) broken.push(`recording ${id} has the title ${recording.title}`);
  if (!isOneOf(recording.status === 'trashed', isTrashed))
    broken.push(`recording ${id} is ${recording.status}`);
  ledger.noteAmended(recording);
}

function isOneOf<Value>(found: Value, { answered, asked }: Amended<Value>): boolean {
  return found === answered || (asked !== undefined && found === asked);
}

/** A source is gone only when its bytes are in the catalogue, and stays gone when that was answered. */
function judgeFiles(
  _store: Comeback,
  ledger: Ledger,
  recordings: readonly Recording[],
  broken: string[],
): void {
  for (const file of ledger.files) {
    const count = recordings.filter(({ checksum }) => checksum === file.checksum).length;
    const isThere = existsSync(file.path);
    if (count > 1) broken.push(`${file.path} is catalogued ${count} times`);
    if (file.isStored && count === 0) broken.push(`${file.path} was imported and is not in the catalogue`);
    if (!isThere && (count === 0 || !file.isMove)) broken.push(`${file.path} is gone`);
    if (file.isRemoved && isThere) broken.push(`${file.path} was moved in and is there again`);
    if (isThere && sha256(readFileSync(file.path)) !== file.checksum) broken.push(`${file.path} has changed`);
    // Its bytes are in; if only its removal was cut off, a person still has both.
    if (count === 1 && !isThere) file.isStored = true;
  }
}

async function judgeTokens({ baseUrl }: Comeback, ledger: Ledger, broken: string[]): Promise<void> {
  for (const token of ledger.tokens) {
    const answer = await fetch(`${baseUrl}/api/uploads/01900000-0000-7000-8000-000000000000`, {
      method: 'HEAD',
      headers: { 'Tus-Resumable': '1.0.0', authorization: `Bearer ${token.secret}` },
    });
    const isGranted = answer.status !== 401;
    if (!isGranted && token.revoking === 'none') broken.push(`${token.name} was given and is refused`);
    if (isGranted && token.revoking === 'answered') broken.push(`${token.name} was revoked and is let in`);
    if (token.revoking === 'asked') token.revoking = isGranted ? 'none' : 'answered';
  }
}
