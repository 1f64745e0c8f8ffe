import type { S3Client } from '@aws-sdk/client-s3';
import type { FarKey } from './copy-target.ts';
import { asTargetFailure } from './s3-failure.ts';
import { openS3Client, type S3Place } from './s3-place.ts';
import { tryAgain } from './try-again.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

/** Speaks to one bucket: keys below the prefix, failures in our words, passing ones tried again, all of it ended at once. */
export class S3Caller {
  readonly bucket: string;
  readonly #place: S3Place;
  readonly #ending = new AbortController();
  #opened: Promise<{ readonly client: S3Client; readonly sdk: Sdk }> | undefined;

  constructor(place: S3Place) {
    this.#place = place;
    this.bucket = place.bucket;
  }

  /** Aborted by {@link end}. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** What every new object is written with. */
  get written(): { readonly StorageClass?: never; readonly ServerSideEncryption?: never } {
    const { storageClass, serverSideEncryption } = this.#place;
    // The SDK lists the words it knows; a store may know others.
    return {
      ...(storageClass === undefined ? {} : { StorageClass: storageClass as never }),
      ...(serverSideEncryption === undefined ? {} : { ServerSideEncryption: serverSideEncryption as never }),
    };
  }

  keyOf(key: FarKey): string {
    return this.#place.prefix === '' ? key : `${this.#place.prefix}/${key}`;
  }

  farKeyOf(key: string): FarKey {
    return this.#place.prefix === '' ? key : key.slice(this.#place.prefix.length + 1);
  }

  /** `attempt`: what is done, for the sentence of a failure: `send raw/…`. */
  call<T>(attempt: string, work: (client: S3Client, sdk: Sdk) => Promise<T>): Promise<T> {
    return tryAgain(() => this.once(attempt, work), this.signal);
  }

  /** As {@link call}, with one try. */
  async once<T>(attempt: string, work: (client: S3Client, sdk: Sdk) => Promise<T>): Promise<T> {
    try {
      const { client, sdk } = await this.#open();
      return await work(client, sdk);
    } catch (error) {
      throw asTargetFailure(error, attempt, `The bucket ${this.bucket}`);
    }
  }

  async end(): Promise<void> {
    this.#ending.abort();
    const opened = await this.#opened?.catch(() => undefined);
    opened?.client.destroy();
  }

  #open() {
    this.#opened ??= Promise.all([openS3Client(this.#place), import('@aws-sdk/client-s3')]).then(
      ([client, sdk]) => ({ client, sdk }),
    );
    return this.#opened;
  }
}
