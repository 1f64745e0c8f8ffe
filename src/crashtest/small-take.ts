import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type HttpClient, headerOf } from './http-client.ts';
import { type Ledger, newSending, type Sending } from './ledger.ts';
import { makeAudioParts } from './made-audio.ts';
import { wholeParts } from './recorders.ts';
import { wholeNumber } from './seeded-random.ts';
import { createUpload, describe, noteOffset, noteRecording, patchUpload } from './upload-client.ts';

interface SmallTakeDesk {
  readonly client: HttpClient;
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly giveUp: AbortSignal;
}

const SECONDS = 12;
const PIECE_BYTES = 60_000;
const PATIENCE_MS = 20_000;
const RETRY_MS = 200;
const RESERVE_WITHIN_MS = 10_000;

/** A take whose every step is told, on a disk that may be full. */
export async function beginTake(desk: SmallTakeDesk): Promise<SmallTake | undefined> {
  const seed = wholeNumber(desk.random, 1, 2 ** 31);
  const parts = makeAudioParts({ format: 'flac', seed, seconds: SECONDS, sampleRateHz: 48_000 });
  const recipe = { format: 'flac', seed, seconds: SECONDS, sampleRateHz: 48_000 } as const;
  const sending = newSending('take', recipe, Buffer.concat(parts));
  const id = await createUpload({ ...desk, sending });
  if (id === undefined) return undefined;
  await desk.ledger.begin(id, sending);
  return new SmallTake(desk, id, sending, parts);
}

export class SmallTake {
  readonly #desk: SmallTakeDesk;
  readonly #id: string;
  readonly #sending: Sending;
  readonly #parts: readonly Buffer[];
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(desk: SmallTakeDesk, id: string, sending: Sending, parts: readonly Buffer[]) {
    this.#desk = desk;
    this.#id = id;
    this.#sending = sending;
    this.#parts = parts;
    this.#bytes = Buffer.concat(parts);
  }

  /** Sends until this share of the take is safe; there is room for it. */
  async sendUpTo(share: number): Promise<void> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (this.#offset < this.#endOf(share)) {
      const answer = await this.#sendPiece(this.#endOf(share));
      if (answer?.status === 204) continue;
      if (performance.now() > deadlineMs) {
        this.#lose(`could not go on at ${this.#offset} bytes although there was room`, answer);
        return;
      }
      await sleep(RETRY_MS);
      await this.#ask();
    }
  }

  /** The same on a disk without room: it may be refused, for want of room and nothing else. */
  async tryUpTo(share: number): Promise<void> {
    while (this.#offset < this.#endOf(share)) {
      const answer = await this.#sendPiece(this.#endOf(share));
      if (answer?.status === 204) continue;
      if (answer?.status !== 507) this.#lose('was not told that the disk is full', answer);
      await this.#ask();
      return;
    }
  }

  /** Ends it where it stands. What is safe by then must become a recording. */
  async end(): Promise<void> {
    this.#sending.sizeBytes = this.#offset;
    this.#sending.checksum = createHash('sha256').update(this.#bytes.subarray(0, this.#offset)).digest('hex');
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await patchUpload(this.#desk.client, this.#id, {
        offset: this.#offset,
        body: Buffer.alloc(0),
        hasChecksum: true,
        lengthBytes: this.#offset,
      });
      if (answer && (await noteRecording(this.#desk, this.#id, answer)) !== undefined) return;
      if (performance.now() > deadlineMs) {
        this.#lose(`could not be ended at ${this.#offset} bytes`, answer);
        return;
      }
      await sleep(RETRY_MS);
    }
  }

  async #sendPiece(limit: number): Promise<Answer | undefined> {
    const end = wholeParts(this.#parts, this.#offset, Math.min(limit, this.#offset + PIECE_BYTES));
    const body = this.#bytes.subarray(this.#offset, end);
    const patch = { offset: this.#offset, body, hasChecksum: true, lengthBytes: null };
    const answer = await patchUpload(this.#desk.client, this.#id, patch);
    if (answer?.status !== 204) return answer;
    this.#offset = Number(headerOf(answer, 'upload-offset'));
    await this.#desk.ledger.acknowledge(this.#id, this.#offset);
    return answer;
  }

  /** How far the server is; what it answered for must be there, however full its disk. */
  async #ask(): Promise<void> {
    const { client, ledger } = this.#desk;
    const answer = await client.ask('HEAD', `/api/uploads/${this.#id}`, {
      headers: { 'tus-resumable': '1.0.0' },
    });
    if (answer?.status !== 200) return;
    const offset = Number(headerOf(answer, 'upload-offset'));
    noteOffset(ledger, this.#sending, this.#id, offset);
    this.#offset = offset;
  }

  #endOf(share: number): number {
    return wholeParts(this.#parts, 0, Math.floor(this.#bytes.length * share));
  }

  #lose(what: string, answer: Answer | undefined): void {
    const found = answer === undefined ? 'no answer came' : describe(answer);
    this.#desk.ledger.lose('refused', `Take ${this.#id} on the full disk ${what}: ${found}.`);
  }
}

/** True as soon as the store holds its reserve; false when it makes none, on a disk too small for it. */
export async function untilReserved(dataDir: string): Promise<boolean> {
  const deadlineMs = performance.now() + RESERVE_WITHIN_MS;
  while (performance.now() < deadlineMs) {
    const found = await stat(join(dataDir, 'reserve.bin')).catch(() => undefined);
    if (found) return true;
    await sleep(RETRY_MS);
  }
  return false;
}
