import { VoiceRecorderError } from '../model/failure.ts';
import type { UploadWish } from '../model/upload.ts';
import { declaredLengthRule, roomRule, sizeRule } from '../validation/size-rules.ts';
import { lengthRule } from '../validation/transfer-rules.ts';
import type { UploadChunk } from '../voice-recorder.ts';
import type { UploadLane } from './upload-lane.ts';

interface Admission {
  readonly maxFileBytes: number | null;
  freeBytes(): Promise<number>;
}

/** What a new upload, or a copy, may declare; nothing is judged while its length is not known. */
export async function requireAdmission(
  desk: Admission,
  { kind, filename }: Pick<UploadWish, 'kind' | 'filename'>,
  lengthBytes: number | null,
): Promise<void> {
  if (lengthBytes === null) return;
  const whose = `upload "${filename}"`;
  declaredLengthRule.check({ whose: 'the upload', lengthBytes });
  sizeRule.check({ whose, kind, sizeBytes: lengthBytes, maxFileBytes: desk.maxFileBytes });
  roomRule.check({ whose, sizeBytes: lengthBytes, usableBytes: await desk.freeBytes() });
}

/** What one chunk may say, before a byte of it is read. */
export function requireFittingChunk(desk: Admission, lane: UploadLane, chunk: UploadChunk): void {
  if (chunk.offsetBytes !== lane.offsetBytes) {
    throw new VoiceRecorderError(
      'upload-offset-conflict',
      `Upload ${lane.id} stands at ${lane.offsetBytes} bytes, but the chunk begins at ${chunk.offsetBytes}.`,
      { details: { offsetBytes: lane.offsetBytes } },
    );
  }
  const { lengthBytes: known } = lane;
  const { wish } = lane.info;
  const declared = chunk.lengthBytes;
  if (declared !== null) {
    declaredLengthRule.check({ whose: `upload ${lane.id}`, lengthBytes: declared });
    requireSteadyLength(lane, known, declared);
    const whose = `upload "${wish.filename}"`;
    const { maxFileBytes } = desk;
    // That a body of no bytes is no audio is said when it is completed, with the upload's own words.
    if (declared > 0) sizeRule.check({ whose, kind: wish.kind, sizeBytes: declared, maxFileBytes });
  }
  const limit = declared ?? known;
  if (limit !== null && chunk.contentLengthBytes !== null) {
    const endBytes = lane.offsetBytes + chunk.contentLengthBytes;
    lengthRule.check({ id: lane.id, endBytes, lengthBytes: limit });
  }
}

function requireSteadyLength(lane: UploadLane, known: number | null, declared: number): void {
  if (known !== null && declared !== known) {
    throw new VoiceRecorderError(
      'upload-length-invalid',
      `Upload ${lane.id} was declared with ${known} bytes; the length cannot be changed to ${declared}.`,
    );
  }
  if (declared < lane.offsetBytes) {
    throw new VoiceRecorderError(
      'upload-length-invalid',
      `Upload ${lane.id} holds ${lane.offsetBytes} bytes already, more than the declared length of ${declared}.`,
    );
  }
}
