import { createHash } from 'node:crypto';
import type { Shipment } from './copy-target.ts';
import { type FilePiece, FilePieces } from './file-pieces.ts';
import type { S3Caller } from './s3-caller.ts';

const MIB = 1024 * 1024;
/** What fits goes in one request. */
const ONE_PIECE_BYTES = 16 * MIB;
const LEAST_PART_BYTES = 8 * MIB;
/** S3 knows 10,000 parts. */
const MOST_PARTS = 9_000;
const PARTS_AT_ONCE = 4;

interface StoredPart {
  readonly number: number;
  readonly etag: string;
  readonly sizeBytes: number;
}

export function isOnePiece({ sizeBytes }: Shipment): boolean {
  return sizeBytes <= ONE_PIECE_BYTES;
}

/** Follows from the size alone: whoever goes on later cuts at the same places. */
function partBytesOf(sizeBytes: number): number {
  return Math.max(LEAST_PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS / MIB) * MIB);
}

/** What is remembered beside each object, because its ETag is no SHA-256. */
export function metadataOf({ checksum }: Shipment): { readonly Metadata: Record<string, string> } {
  return { Metadata: { sha256: checksum } };
}

/** What the store compares a piece with. */
function md5Of({ bytes }: FilePiece): Buffer {
  return createHash('md5').update(bytes).digest();
}

export async function sendInOnePiece(
  caller: S3Caller,
  shipment: Shipment,
  onBytes: (bytesDone: number) => void,
): Promise<void> {
  const pieces = await FilePieces.open(shipment);
  try {
    const piece = await pieces.next(Buffer.allocUnsafeSlow(shipment.sizeBytes));
    pieces.expectRight();
    await caller.call(`take ${shipment.key}`, (client, { PutObjectCommand }) =>
      client.send(
        new PutObjectCommand({
          Bucket: caller.bucket,
          Key: caller.keyOf(shipment.key),
          Body: piece?.bytes ?? Buffer.alloc(0),
          ContentLength: shipment.sizeBytes,
          ContentType: 'application/octet-stream',
          ...(piece && { ContentMD5: md5Of(piece).toString('base64') }),
          ...metadataOf(shipment),
          ...caller.written,
        }),
        { abortSignal: caller.signal },
      ),
    );
  } finally {
    await pieces.close();
  }
  onBytes(shipment.sizeBytes);
}

/** Sends the parts that are not there yet, a few at a time, and makes one object of all of them. */
export class S3Upload {
  readonly #caller: S3Caller;
  readonly #shipment: Shipment;
  readonly #session: string;
  readonly #onBytes: (bytesDone: number) => void;
  readonly #partBytes: number;
  #bytesDone = 0;

  constructor(caller: S3Caller, shipment: Shipment, session: string, onBytes: (bytesDone: number) => void) {
    this.#caller = caller;
    this.#shipment = shipment;
    this.#session = session;
    this.#onBytes = onBytes;
    this.#partBytes = partBytesOf(shipment.sizeBytes);
  }

  async run(): Promise<void> {
    const there = new Map((await this.#storedParts()).map((part) => [part.number, part]));
    const pieces = await FilePieces.open(this.#shipment);
    const etags: string[] = [];
    try {
      const free = Array.from({ length: PARTS_AT_ONCE }, () => Buffer.allocUnsafeSlow(this.#partBytes));
      const underWay = new Set<Promise<void>>();
      const ending = new AbortController();
      try {
        for (;;) {
          while (free.length === 0) await Promise.race(underWay);
          const buffer = free.pop() as (typeof free)[number];
          const piece = await pieces.next(buffer);
          if (piece === undefined) break;
          const sending = this.#sendPart(piece, there.get(piece.number), ending.signal).then((etag) => {
            etags[piece.number - 1] = etag;
            free.push(buffer);
            underWay.delete(sending);
          });
          underWay.add(sending);
          // Heard below, perhaps only after the next piece is read.
          sending.catch(() => undefined);
        }
        await Promise.all(underWay);
      } catch (error) {
        ending.abort();
        await Promise.allSettled(underWay);
        throw error;
      }
      pieces.expectRight();
    } finally {
      await pieces.close();
    }
    await this.#complete(etags);
  }

  async #sendPart(piece: FilePiece, stored: StoredPart | undefined, ending: AbortSignal): Promise<string> {
    const md5 = md5Of(piece);
    const isThere =
      stored?.sizeBytes === piece.bytes.length && stored.etag.replaceAll('"', '') === md5.toString('hex');
    const etag = isThere ? stored.etag : await this.#put(piece, md5, ending);
    this.#bytesDone += piece.bytes.length;
    this.#onBytes(this.#bytesDone);
    return etag;
  }

  #put({ number, bytes }: FilePiece, md5: Buffer, ending: AbortSignal): Promise<string> {
    const { bucket, signal } = this.#caller;
    return this.#caller.call(`take part ${number} of ${this.#shipment.key}`, async (client, sdk) => {
      const command = new sdk.UploadPartCommand({
        ...this.#where(),
        PartNumber: number,
        Body: bytes,
        ContentLength: bytes.length,
        ContentMD5: md5.toString('base64'),
      });
      const { ETag } = await client.send(command, { abortSignal: AbortSignal.any([signal, ending]) });
      if (ETag === undefined) throw new Error(`${bucket} answered without an ETag.`);
      return ETag;
    });
  }

  async #storedParts(): Promise<readonly StoredPart[]> {
    const { signal } = this.#caller;
    const found: StoredPart[] = [];
    for (let marker: string | undefined; ; ) {
      const page = await this.#caller.call(`list parts of ${this.#shipment.key}`, (client, sdk) =>
        client.send(new sdk.ListPartsCommand({ ...this.#where(), PartNumberMarker: marker }), {
          abortSignal: signal,
        }),
      );
      for (const { PartNumber, ETag, Size } of page.Parts ?? []) {
        if (PartNumber !== undefined && ETag !== undefined && Size !== undefined)
          found.push({ number: PartNumber, etag: ETag, sizeBytes: Size });
      }
      if (page.IsTruncated !== true || page.NextPartNumberMarker === undefined) return found;
      marker = page.NextPartNumberMarker;
    }
  }

  async #complete(etags: readonly string[]): Promise<void> {
    const { signal } = this.#caller;
    const parts = etags.map((etag, index) => ({ PartNumber: index + 1, ETag: etag }));
    await this.#caller.call(`put ${this.#shipment.key} together`, (client, sdk) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({ ...this.#where(), MultipartUpload: { Parts: parts } }),
        { abortSignal: signal },
      ),
    );
  }

  #where() {
    const { bucket } = this.#caller;
    return { Bucket: bucket, Key: this.#caller.keyOf(this.#shipment.key), UploadId: this.#session };
  }
}
