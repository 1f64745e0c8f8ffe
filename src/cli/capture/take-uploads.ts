import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Sha256Hex } from '../../model/digest.ts';
import type { RecordingId } from '../../model/id.ts';
import type { UploadState } from '../../model/upload.ts';
import {
  decodeUploadMetadata,
  encodeUploadMetadata,
  type UploadMetadata,
} from '../../model/upload-metadata.ts';
import type { Uploads } from '../../voice-recorder.ts';
import type { ApiClient } from '../api-client.ts';
import { createGrowingUpload, headUpload, patchUpload } from '../tus-upload.ts';

/**
 * The spool as a take on this machine needs it, wherever the library is open. The same promises and rejections as
 * `Uploads` of `voice-recorder.ts`, besides `server-unreachable` through a server.
 */
export interface TakeUploads {
  /** A take whose length is not known yet. Resolves to the upload's id. */
  create(metadata: UploadMetadata): Promise<string>;
  head(id: string): Promise<TakeStand>;
  /** `isLast`: the take ends with these bytes, of which there may be none; the answer then has the receipt. */
  append(id: string, offsetBytes: number, bytes: Uint8Array, isLast: boolean): Promise<TakeStand>;
}

export interface TakeStand {
  /** Bytes on stable storage. */
  readonly offsetBytes: number;
  readonly receipt: { readonly recordingId: RecordingId; readonly checksum: Sha256Hex } | undefined;
}

export function takesThroughServer(api: ApiClient): TakeUploads {
  return {
    create: (metadata) => createGrowingUpload(api, metadata),
    head: (id) => headUpload(api, id),
    append: (id, offsetBytes, bytes, isLast) =>
      patchUpload(api, id, offsetBytes, bytes, isLast ? offsetBytes + bytes.byteLength : null),
  };
}

export function takesInProcess(uploads: Uploads): TakeUploads {
  return {
    async create(metadata) {
      // The way through the header and back gives what is left out its usual value, as for every client.
      const wish = decodeUploadMetadata(encodeUploadMetadata(metadata));
      return (await uploads.create(wish, null)).id;
    },
    head: async (id) => standOf(await uploads.head(id)),
    append: async (id, offsetBytes, bytes, isLast) =>
      standOf(
        await uploads.append(id, {
          offsetBytes,
          body: Readable.from(bytes.byteLength === 0 ? [] : [bytes], { objectMode: false }),
          checksum: createHash('sha256').update(bytes).digest('hex'),
          contentLengthBytes: bytes.byteLength,
          lengthBytes: isLast ? offsetBytes + bytes.byteLength : null,
        }),
      ),
  };
}

function standOf({ offsetBytes, receipt }: UploadState): TakeStand {
  return { offsetBytes, receipt: receipt ?? undefined };
}
