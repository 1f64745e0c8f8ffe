import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportOutcome } from '../../src/model/import-outcome.ts';
import { encodeUploadMetadata } from '../../src/model/upload-metadata.ts';
import { seededBytes } from '../spool-desk.ts';
import { wavBytes } from '../voice-wav.ts';
import type { ImportedFile, Ledger, SentUpload } from './power-cut-ledger.ts';

/** A server that is up, and how it is asked. */
export interface Conversation {
  readonly baseUrl: string;
  readonly token: string;
  readonly ledger: Ledger;
  readonly random: () => number;
  /** Aborted when the power is gone; answers that were on their way count all the same. */
  readonly signal: AbortSignal;
  /** What should not have been answered. */
  readonly broken: string[];
  /** Imports a file in the server's process; undefined when no answer came. */
  importFile(path: string, isMove: boolean): Promise<ImportOutcome | undefined>;
  /** A number no other source of bytes has. */
  nextSeed(): number;
}

/** Undefined when the server died or could not do it: then nothing is known. */
export async function ask(
  { baseUrl, token, broken, signal }: Conversation,
  path: string,
  init: RequestInit,
  bearer = token,
): Promise<Response | undefined> {
  let answer: Response;
  try {
    answer = await fetch(baseUrl + path, {
      ...init,
      headers: { 'Tus-Resumable': '1.0.0', ...init.headers, authorization: `Bearer ${bearer}` },
    });
  } catch {
    return undefined;
  }
  if (answer.ok) return answer;
  const text = await answer.text().catch(() => '');
  if (answer.status < 500 && bearer === token)
    broken.push(`${init.method} ${path}: ${answer.status} ${text}`);
  // A power cut shows as a disk that refuses everything; before it, nothing may be refused.
  else if (answer.status >= 500 && !signal.aborted)
    await noteRefusal(signal, broken, `${init.method} ${path}: ${text}`);
  return undefined;
}

/** The client may hear of the dead disk before the one who cut the power does. */
async function noteRefusal(signal: AbortSignal, broken: string[], sentence: string): Promise<void> {
  await sleep(500);
  if (!signal.aborted) broken.push(sentence);
}

/** Several of these are a few people recording at once: small pieces, the length said at the end. */
export async function recordTakes(talk: Conversation): Promise<void> {
  while (!talk.signal.aborted) {
    const take = pickOpen(talk, 'take') ?? (await create(talk, 'take'));
    if (take === undefined) return;
    const isUnwanted = talk.random() < 0.08;
    while (!talk.signal.aborted && !take.isRecording) {
      if (isUnwanted && talk.random() < 0.3) {
        await terminate(talk, take);
        break;
      }
      if (!(await sendPiece(talk, take, 300 + talk.random() * 6000))) break;
      if (talk.random() < 0.3) await sleep(talk.random() * 15);
    }
    take.isHeld = false;
  }
}

export async function uploadFiles(talk: Conversation): Promise<void> {
  while (!talk.signal.aborted) {
    const file = pickOpen(talk, 'file') ?? (await create(talk, 'file'));
    if (file === undefined) return;
    while (!talk.signal.aborted && !file.isRecording) {
      if (!(await sendPiece(talk, file, 5000 + talk.random() ** 3 * file.bytes.length))) break;
    }
    file.isHeld = false;
  }
}

/** Sends what is missing of every upload. */
export async function finishUploads(talk: Conversation): Promise<void> {
  for (const upload of talk.ledger.openUploads) {
    while (!upload.isRecording) {
      if (!(await sendPiece(talk, upload, upload.bytes.length))) break;
    }
    if (!upload.isRecording) talk.broken.push(`upload ${upload.id} could not be finished`);
  }
}

function pickOpen({ ledger, random }: Conversation, kind: 'take' | 'file'): SentUpload | undefined {
  if (random() < 0.2) return undefined;
  const upload = ledger.openUploads.find((open) => open.kind === kind && !open.isHeld);
  if (upload !== undefined) upload.isHeld = true;
  return upload;
}

async function create(talk: Conversation, kind: 'take' | 'file'): Promise<SentUpload | undefined> {
  const bytes = noise(talk, kind === 'take' ? 30_000 : talk.random() < 0.1 ? 8_000_000 : 200_000);
  const length = kind === 'take' ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': String(bytes.length) };
  const answer = await ask(talk, '/api/uploads', {
    method: 'POST',
    headers: { ...length, 'Upload-Metadata': encodeUploadMetadata({ kind, filename: `${kind}.wav` }) },
  });
  const id = answer?.headers.get('location')?.split('/').at(-1);
  if (id === undefined) return undefined;
  const checksum = sha256(bytes);
  const upload: SentUpload = {
    id,
    kind,
    bytes,
    checksum,
    safeBytes: 0,
    sentBytes: 0,
    isLastSent: false,
    isRecording: false,
    ending: 'none',
    isHeld: true,
  };
  talk.ledger.uploads.set(id, upload);
  talk.ledger.figures.acknowledgements++;
  return upload;
}

/** False when it is not known what became of it. */
async function sendPiece(talk: Conversation, upload: SentUpload, longest: number): Promise<boolean> {
  const { bytes, kind, safeBytes } = upload;
  const end = Math.min(bytes.length, safeBytes + Math.ceil(longest));
  const piece = bytes.subarray(safeBytes, end);
  const isLast = end === bytes.length;
  upload.sentBytes = Math.max(upload.sentBytes, end);
  upload.isLastSent ||= isLast;
  const answer = await ask(talk, `/api/uploads/${upload.id}`, {
    method: 'PATCH',
    headers: {
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(safeBytes),
      ...(talk.random() < 0.5
        ? { 'Upload-Checksum': `sha256 ${createHash('sha256').update(piece).digest('base64')}` }
        : {}),
      ...(kind === 'take' && isLast ? { 'Upload-Length': String(bytes.length) } : {}),
    },
    body: new Uint8Array(piece),
  });
  if (answer === undefined) return false;
  talk.ledger.acknowledge(upload, Number(answer.headers.get('upload-offset')));
  if (answer.headers.get('recording-id') !== null) talk.ledger.noteRecording(upload);
  return true;
}

async function terminate(talk: Conversation, upload: SentUpload): Promise<void> {
  upload.ending = 'asked';
  const answer = await ask(talk, `/api/uploads/${upload.id}`, { method: 'DELETE' });
  if (answer === undefined) return;
  upload.ending = 'answered';
  talk.ledger.figures.acknowledgements++;
}

/** Files of the machine itself, moved in or copied. What was cut off is imported again. */
export async function importFiles(talk: Conversation, inbox: string): Promise<void> {
  while (!talk.signal.aborted) {
    const file = talk.ledger.files.find(({ isStored }) => !isStored) ?? newFile(talk, inbox);
    if (file === undefined) return;
    const outcome = await talk.importFile(file.path, file.isMove);
    if (outcome === undefined) return;
    if (outcome.status === 'rejected') {
      const sentence = `${file.path} was refused: ${outcome.error?.code} ${outcome.error?.message}`;
      if (!talk.signal.aborted) await noteRefusal(talk.signal, talk.broken, sentence);
      return;
    }
    talk.ledger.figures.acknowledgements++;
    file.isStored = true;
    file.isRemoved = file.isMove && outcome.error === undefined;
  }
}

/** Undefined when the disk is dead already. */
function newFile(talk: Conversation, inbox: string): ImportedFile | undefined {
  const { ledger, random } = talk;
  const repeatable = ledger.files.filter(({ isStored, isRepeat }) => isStored && !isRepeat);
  const known = random() < 0.1 ? repeatable[Math.floor(random() * repeatable.length)] : undefined;
  const seed = known === undefined ? talk.nextSeed() : Number(/(\d+)\.wav$/.exec(known.path)?.[1]);
  const bytes = noiseOf(seed, 120_000);
  const checksum = sha256(bytes);
  const isRepeat = known !== undefined;
  const path = join(inbox, `${isRepeat ? `again-${talk.nextSeed()}-` : ''}${seed}.wav`);
  try {
    writeDurably(path, bytes);
  } catch {
    return undefined;
  }
  const file = { path, checksum, isMove: random() < 0.6, isStored: false, isRemoved: false, isRepeat };
  ledger.files.push(file);
  return file;
}

function writeDurably(path: string, bytes: Buffer): void {
  const file = openSync(path, 'w');
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function noise(talk: Conversation, longest: number): Buffer {
  return noiseOf(talk.nextSeed(), longest);
}

/** 16-bit noise: no two seeds share a second of it. */
function noiseOf(seed: number, longest: number): Buffer {
  const length = 400 + ((Math.imul(seed, 2_654_435_761) >>> 0) % longest);
  const samples = seededBytes((length >> 1) * 2, seed);
  const header = wavBytes(new Float32Array(0), 16_000);
  header.writeUInt32LE(36 + samples.length, 4);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
