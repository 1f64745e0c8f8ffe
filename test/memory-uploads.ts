import { VoiceRecorderError } from '../src/model/failure.ts';
import { newId } from '../src/model/id.ts';
import type { Recording } from '../src/model/recording.ts';
import type { UploadState, UploadWish } from '../src/model/upload.ts';
import type { Uploads } from '../src/voice-recorder.ts';
import { failure } from './memory-failure.ts';
import { sha256 } from './sha256.ts';

const NOW = '2026-11-22T21:32:05.000Z';

/** The uploads of a recorder in memory. */
export function memoryUploads(addRecording: (bytes: Uint8Array, fields?: Partial<Recording>) => Recording): {
  port: Uploads;
  received: (id: string) => Buffer;
} {
  const states = new Map<string, UploadState>();
  const contents = new Map<string, Buffer>();
  const busy = new Set<string>();
  const creators = new Map<string, string | null>();
  const need = (id: string): UploadState => {
    const state = states.get(id);
    if (!state) throw failure('upload-unknown', `There is no upload with the id ${id}.`);
    return state;
  };
  const complete = (state: UploadState, bytes: Buffer): UploadState => {
    if (bytes.length === 0) throw failure('audio-no-samples', 'The file is empty.');
    if (bytes.toString('latin1', 0, 1) === '<') throw failure('not-audio-content', 'This is a web page.');
    const { id, checksum } = addRecording(bytes, { id: state.id, filename: state.wish.filename });
    const receipt = {
      uploadId: id,
      recordingId: id,
      checksum,
      sizeBytes: bytes.length,
      isDuplicate: false,
      completedAt: NOW,
    };
    return { ...state, receipt };
  };
  const port: Uploads = {
    create: async (wish: UploadWish, lengthBytes, createdBy = null) => {
      const id = newId(Date.now());
      creators.set(id, createdBy);
      const expiresAt = '2026-12-22T21:32:05.000Z';
      const state = { id, wish, offsetBytes: 0, lengthBytes, createdAt: NOW, expiresAt, receipt: null };
      states.set(id, state);
      contents.set(id, Buffer.alloc(0));
      return state;
    },
    append: async (id, chunk) => {
      const before = need(id);
      if (busy.has(id)) throw failure('upload-busy', 'Another client writes to this upload.');
      if (chunk.offsetBytes !== before.offsetBytes) {
        throw failure('upload-offset-conflict', `Expected offset ${before.offsetBytes}.`);
      }
      busy.add(id);
      const parts: Buffer[] = [];
      let cut: unknown;
      try {
        for await (const part of chunk.body.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
      } catch (error) {
        cut = error;
      } finally {
        busy.delete(id);
      }
      const body = Buffer.concat(parts);
      if (chunk.checksum !== null && (cut !== undefined || sha256(body) !== chunk.checksum)) {
        throw failure('checksum-mismatch', 'The bytes are not those that were announced.');
      }
      const bytes = Buffer.concat([contents.get(id) ?? Buffer.alloc(0), body]);
      const lengthBytes = chunk.lengthBytes ?? before.lengthBytes;
      if (lengthBytes !== null && bytes.length > lengthBytes) {
        throw failure('upload-length-exceeded', `Expected ${lengthBytes} bytes.`);
      }
      contents.set(id, bytes);
      let state: UploadState = { ...before, lengthBytes, offsetBytes: bytes.length };
      states.set(id, state);
      if (cut !== undefined) throw new VoiceRecorderError('upload-cut', 'Cut.', { cause: cut });
      if (bytes.length === lengthBytes) state = complete(state, bytes);
      states.set(id, state);
      return state;
    },
    head: async (id) => need(id),
    creatorOf: async (id) => (need(id).receipt ? null : (creators.get(id) ?? null)),
    terminate: async (id) => {
      if (need(id).receipt) throw failure('upload-complete', 'It is a recording by now.');
      states.delete(id);
    },
  };
  return { port, received: (id) => contents.get(id) ?? Buffer.alloc(0) };
}
