import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import {
  type CopyTarget,
  DOCUMENT_BYTES,
  type FarDigest,
  type FarKey,
  type FarObject,
  type OnBytes,
  type Shipment,
} from './copy-target.ts';
import { digestFar, fetchFar } from './far-reading.ts';
import { S3Caller } from './s3-caller.ts';
import { asTargetFailure } from './s3-failure.ts';
import type { S3Place } from './s3-place.ts';
import { isOnePiece, metadataOf, S3Upload, sendInOnePiece } from './s3-upload.ts';

const LISTED_AT_ONCE = 1_000;
const nobody: OnBytes = () => undefined;

/**
 * S3 and whatever speaks like it (Amazon S3 API, version 2006-03-01). Each part goes with its MD5, which the store
 * compares; large files go in parts, of which none that arrived is sent again.
 */
export function openS3Target(place: S3Place): CopyTarget {
  return new S3Target(new S3Caller(place));
}

class S3Target implements CopyTarget {
  readonly #caller: S3Caller;

  constructor(caller: S3Caller) {
    this.#caller = caller;
  }

  async stat(key: FarKey): Promise<FarObject | undefined> {
    try {
      const { ContentLength } = await this.#send(`look at ${key}`, (client, { HeadObjectCommand }) =>
        client.send(new HeadObjectCommand(this.#at(key)), this.#options()),
      );
      return { key, sizeBytes: ContentLength ?? 0 };
    } catch (error) {
      if (failureCodeOf(error) !== 'copy-missing') throw error;
      // The answer to such a question has no body: what is missing may as well be the bucket.
      await this.#send('be found', (client, { HeadBucketCommand }) =>
        client.send(new HeadBucketCommand({ Bucket: this.#caller.bucket }), this.#options()),
      ).catch((missing: unknown) => {
        if (failureCodeOf(missing) === 'copy-missing')
          throw new VoiceRecorderError('target-missing', `There is no bucket ${this.#caller.bucket}.`);
        if (failureCodeOf(missing) !== 'target-forbidden') throw missing;
      });
      return undefined;
    }
  }

  async begin(shipment: Shipment): Promise<string | null> {
    if (isOnePiece(shipment)) return null;
    const { UploadId } = await this.#send(`begin ${shipment.key}`, (client, sdk) =>
      client.send(
        new sdk.CreateMultipartUploadCommand({
          ...this.#at(shipment.key),
          ContentType: 'application/octet-stream',
          ...metadataOf(shipment),
          ...this.#caller.written,
        }),
        this.#options(),
      ),
    );
    return UploadId ?? null;
  }

  async send(shipment: Shipment, session: string | null, onBytes = nobody): Promise<void> {
    if (session === null) {
      await sendInOnePiece(this.#caller, shipment, onBytes);
      return;
    }
    try {
      await new S3Upload(this.#caller, shipment, session, onBytes).run();
    } catch (error) {
      if (failureCodeOf(error) === 'digest-mismatch') await this.abandon(shipment.key, session);
      if (!isSessionLost(error)) throw error;
      // Where the answer to the last request was lost, the object is there.
      const there = await this.stat(shipment.key);
      if (there?.sizeBytes === shipment.sizeBytes) return;
      const message = `The bucket ${this.#caller.bucket} has forgotten what was begun of ${shipment.key}.`;
      throw new VoiceRecorderError('copy-session-lost', message, { cause: error });
    }
  }

  async abandon(key: FarKey, session: string): Promise<void> {
    try {
      await this.#send(`give up ${key}`, (client, { AbortMultipartUploadCommand }) =>
        client.send(
          new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: session }),
          this.#options(),
        ),
      );
    } catch (error) {
      if (!isSessionLost(error)) throw error;
    }
  }

  digest(key: FarKey, onBytes = nobody): Promise<FarDigest> {
    return digestFar(this.#reading(key, onBytes));
  }

  fetch(key: FarKey, path: string, onBytes = nobody): Promise<FarDigest> {
    return fetchFar(this.#reading(key, onBytes), path);
  }

  async putDocument(key: FarKey, content: string): Promise<void> {
    const bytes = Buffer.from(content);
    await this.#send(`take ${key}`, (client, { PutObjectCommand }) =>
      client.send(
        new PutObjectCommand({
          ...this.#at(key),
          Body: bytes,
          ContentLength: bytes.length,
          ContentType: 'application/json',
          ...this.#caller.written,
        }),
        this.#options(),
      ),
    );
  }

  async readDocument(key: FarKey): Promise<string | undefined> {
    const found = await this.stat(key);
    if (found === undefined) return undefined;
    if (found.sizeBytes > DOCUMENT_BYTES)
      throw new VoiceRecorderError(
        'copy-mismatch',
        `${key} has ${found.sizeBytes} bytes: it is no document.`,
      );
    const stream = await this.#open(key, 0);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (error) {
      throw this.#failure(key)(error);
    }
    return Buffer.concat(chunks).toString();
  }

  async remove(key: FarKey): Promise<void> {
    await this.#send(`remove ${key}`, (client, { DeleteObjectCommand }) =>
      client.send(new DeleteObjectCommand(this.#at(key)), this.#options()),
    );
  }

  async list(
    prefix: string,
    after: FarKey,
  ): Promise<{ readonly objects: readonly FarObject[]; readonly isMore: boolean }> {
    const page = await this.#send(`list ${prefix || 'what it has'}`, (client, { ListObjectsV2Command }) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: this.#caller.bucket,
          Prefix: this.#caller.keyOf(prefix),
          MaxKeys: LISTED_AT_ONCE,
          ...(after === '' ? {} : { StartAfter: this.#caller.keyOf(after) }),
        }),
        this.#options(),
      ),
    );
    const objects = (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({
      key: this.#caller.farKeyOf(Key),
      sizeBytes: Size,
    }));
    return { objects, isMore: page.IsTruncated ?? false };
  }

  close(): Promise<void> {
    return this.#caller.end();
  }

  #reading(key: FarKey, onBytes: OnBytes) {
    return {
      key,
      openFrom: (_: FarKey, start: number) => this.#open(key, start),
      asFailure: this.#failure(key),
      signal: this.#caller.signal,
      onBytes,
    };
  }

  /** A part that begins where the object ends is nothing at all. */
  async #open(key: FarKey, start: number): Promise<Readable> {
    const { Readable } = await import('node:stream');
    if (start > 0 && ((await this.stat(key))?.sizeBytes ?? 0) <= start) return Readable.from([]);
    const { Body } = await this.#caller.once(`give ${key}`, (client, { GetObjectCommand }) =>
      client.send(
        new GetObjectCommand({ ...this.#at(key), ...(start > 0 && { Range: `bytes=${start}-` }) }),
        this.#options(),
      ),
    );
    return Body as Readable;
  }

  #failure(key: FarKey) {
    return (error: unknown) => asTargetFailure(error, `give ${key}`, `The bucket ${this.#caller.bucket}`);
  }

  #at(key: FarKey) {
    return { Bucket: this.#caller.bucket, Key: this.#caller.keyOf(key) };
  }

  #options() {
    return { abortSignal: this.#caller.signal };
  }

  #send<T>(
    attempt: string,
    work: (client: S3Client, sdk: typeof import('@aws-sdk/client-s3')) => Promise<T>,
  ): Promise<T> {
    return this.#caller.call(attempt, work);
  }
}

/** Some stores say that there is no such upload, others that there is no such key. */
function isSessionLost(error: unknown): boolean {
  const code = failureCodeOf(error);
  return code === 'copy-session-lost' || code === 'copy-missing';
}
