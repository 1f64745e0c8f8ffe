import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeUploadMetadata } from '../model/upload-metadata.ts';
import { type Answer, type HttpClient, headerOf } from './http-client.ts';
import type { Ledger, Sending } from './ledger.ts';

/** One upload as a client makes it, over tus 1.0.0; never gives up before the server refuses it for good. */
export interface UploadJob {
  readonly client: HttpClient;
  readonly ledger: Ledger;
  readonly sending: Sending;
  readonly bytes: Buffer;
  /** The piece that begins at `offset`; resolves when it has been recorded. */
  nextPiece(offset: number): Promise<Piece>;
  /** False: this piece goes without a checksum, so that a part of it may count. */
  hasChecksum(): boolean;
  /** Aborted when nothing of it is wanted any more: the run is over and waited long enough. */
  readonly giveUp: AbortSignal;
}

export interface Piece {
  readonly end: number;
  /** True: nothing comes after it, which a take tells together with its length. */
  readonly isLast: boolean;
}

const TUS = { 'tus-resumable': '1.0.0' };
const RETRY_MS = 60;
/** Answers that ask for patience: being checked, another writer, too many, failing disk, full disk. */
const PATIENCE = new Set([423, 429, 460, 500, 502, 503, 504, 507]);

/** Resolves to the recording's id; undefined when it was refused or given up, which the ledger tells. */
export async function sendUpload(job: UploadJob): Promise<string | undefined> {
  const { ledger, sending } = job;
  const id = await createUpload(job);
  if (id === undefined) return undefined;
  await ledger.begin(id, sending);
  for (let offset = 0; ; ) {
    const piece = await job.nextPiece(offset);
    const answer = await sendPiece(job, id, offset, piece);
    if (answer?.status === 204) {
      offset = piece.end;
      await ledger.acknowledge(id, Number(headerOf(answer, 'upload-offset')));
      const recordingId = await noteRecording(job, id, answer);
      if (recordingId !== undefined) return recordingId;
      continue;
    }
    if (answer !== undefined && !PATIENCE.has(answer.status) && answer.status !== 409) {
      ledger.lose('refused', `Upload ${id} was refused at ${offset} bytes: ${describe(answer)}.`);
      return undefined;
    }
    const head = await headUntilAnswered(job, id);
    if (head === undefined) return undefined;
    const recordingId = await noteRecording(job, id, head);
    if (recordingId !== undefined) return recordingId;
    offset = Number(headerOf(head, 'upload-offset'));
    noteOffset(ledger, sending, id, offset);
  }
}

/** A client that comes back asks how far the server is; that must never be less than what was answered before. */
export function noteOffset(ledger: Ledger, sending: Sending, id: string, offset: number): void {
  const { acknowledgedBytes, sizeBytes } = sending;
  if (offset < acknowledgedBytes) {
    const message = `Upload ${id} stands at ${offset} bytes, but ${acknowledgedBytes} were acknowledged.`;
    ledger.lose('lost-bytes', message, acknowledgedBytes - offset);
    // Told once.
    sending.acknowledgedBytes = offset;
  } else if (offset > sizeBytes) {
    const message = `Upload ${id} stands at ${offset} bytes, but only ${sizeBytes} were sent.`;
    ledger.lose('differing-bytes', message);
  }
}

export async function createUpload(
  job: Pick<UploadJob, 'client' | 'ledger' | 'sending' | 'giveUp'>,
): Promise<string | undefined> {
  const { client, ledger, sending, giveUp } = job;
  const { kind, recipe, sizeBytes } = sending;
  const isTake = kind === 'take';
  const metadata = {
    kind: isTake ? ('take' as const) : ('file' as const),
    filename: `${kind}-${recipe.seed}.${recipe.format}`,
    title: `${isTake ? 'Take' : 'File'} ${recipe.seed}`,
  };
  while (!giveUp.aborted) {
    const answer = await client.ask('POST', '/api/uploads', {
      headers: {
        ...TUS,
        ...(isTake ? { 'upload-defer-length': '1' } : { 'upload-length': String(sizeBytes) }),
        'upload-metadata': encodeUploadMetadata(metadata),
      },
    });
    const location = answer?.status === 201 ? headerOf(answer, 'location') : undefined;
    if (location !== undefined) return location.split('/').at(-1);
    if (answer !== undefined && !PATIENCE.has(answer.status)) {
      ledger.lose('refused', `A new upload was refused: ${describe(answer)}.`);
      return undefined;
    }
    await sleep(RETRY_MS);
  }
  return undefined;
}

function sendPiece(job: UploadJob, id: string, offset: number, piece: Piece): Promise<Answer | undefined> {
  const { client, bytes, sending } = job;
  return patchUpload(client, id, {
    offset,
    body: bytes.subarray(offset, piece.end),
    hasChecksum: job.hasChecksum(),
    lengthBytes: sending.kind === 'take' && piece.isLast ? bytes.length : null,
  });
}

export interface Patch {
  readonly offset: number;
  readonly body: Buffer;
  readonly hasChecksum: boolean;
  /** Not null: the whole upload has so many bytes, which ends it. */
  readonly lengthBytes: number | null;
}

export function patchUpload(client: HttpClient, id: string, patch: Patch): Promise<Answer | undefined> {
  const { offset, body, hasChecksum, lengthBytes } = patch;
  const checksum = createHash('sha256').update(body).digest('base64');
  return client.ask('PATCH', `/api/uploads/${id}`, {
    headers: {
      ...TUS,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
      ...(hasChecksum ? { 'upload-checksum': `sha256 ${checksum}` } : {}),
      ...(lengthBytes === null ? {} : { 'upload-length': String(lengthBytes) }),
    },
    body,
  });
}

async function headUntilAnswered(job: UploadJob, id: string): Promise<Answer | undefined> {
  const { client, ledger, sending, giveUp } = job;
  for (let last: Answer | undefined; ; ) {
    if (giveUp.aborted) {
      const found = last === undefined ? 'no answer came' : describe(last);
      ledger.lose('server', `Upload ${id} could not be finished in time: ${found}.`);
      return undefined;
    }
    await sleep(RETRY_MS);
    const answer = await client.ask('HEAD', `/api/uploads/${id}`, { headers: TUS });
    if (answer?.status === 200) return answer;
    last = answer ?? last;
    if (answer !== undefined && !PATIENCE.has(answer.status)) {
      const message = `Upload ${id} with ${sending.acknowledgedBytes} acknowledged bytes is not known any more: ${describe(answer)}.`;
      ledger.lose('lost-bytes', message, sending.acknowledgedBytes);
      return undefined;
    }
  }
}

export async function noteRecording(
  { ledger }: Pick<UploadJob, 'ledger'>,
  id: string,
  answer: Answer,
): Promise<string | undefined> {
  const recordingId = headerOf(answer, 'recording-id');
  if (recordingId === undefined) return undefined;
  await ledger.complete(id, recordingId, headerOf(answer, 'recording-checksum') ?? 'none');
  return recordingId;
}

/** Status and the problem's own words. */
export function describe({ status, body }: Answer): string {
  return `status ${status} ${body.toString('utf8').slice(0, 300)}`.trim();
}
