import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { SpooledFile } from '../model/upload.ts';
import type { CopyResult } from './copy-bytes.ts';
import { removeFolder } from './disk.ts';
import { dataPath, uploadFolder } from './spool-layout.ts';
import { makeCopyFolder, type SpoolTools, writeKeptRecords } from './spool-tools.ts';
import { newUploadInfo } from './upload-info.ts';
import type { UploadLane } from './upload-lane.ts';
import type { AdoptedTake } from './uploads-desk.ts';

/**
 * Makes a recovered recording of a copy of an upload's safe bytes or, when it has none, of those at `restPath`.
 * The upload itself stays as it is, but for a note of what was made of it: its client may still come back, and what
 * it completes then supersedes the recovered one. Undefined when the bytes are no audio or somebody writes just now.
 */
export async function adoptUpload(
  tools: SpoolTools,
  reserve: (id: string) => () => void,
  lane: UploadLane,
  restPath: string | null,
): Promise<AdoptedTake | undefined> {
  const isRest = lane.offsetBytes === 0;
  if (lane.turns.isTaken || (isRest && restPath === null)) return undefined;
  const turn = await lane.turns.take(null);
  const id = adoptionId(lane.id, isRest ? 'rest' : String(lane.offsetBytes));
  const release = reserve(id);
  const folder = uploadFolder(tools.desk.spoolPath, id);
  try {
    const { wish, createdAt, adoption } = lane.info;
    const origin = { kind: 'adoption', uploadId: lane.id } as const;
    // What a crash left of an earlier copy.
    await removeFolder(folder);
    await makeCopyFolder(tools, newUploadInfo(id, createdAt, null, wish, origin));
    const copied = isRest
      ? await copyRest(tools, folder, restPath ?? '')
      : await copySafe(tools, lane, folder, id);
    const spooled: SpooledFile = {
      id,
      path: dataPath(folder, 1),
      ...copied,
      createdAt,
      wish: {
        ...wish,
        kind: 'take',
        title: wish.title === null ? 'Recovered' : `Recovered: ${wish.title}`,
        checksum: null,
      },
      supersedes: adoption?.recordingId ?? null,
    };
    const recordingId = await place(tools, lane, spooled);
    await lane.amendInfo({ adoption: { sizeBytes: copied.sizeBytes, recordingId } });
    return recordingId === null ? undefined : { uploadId: lane.id, recordingId };
  } finally {
    await removeFolder(folder).catch(() => undefined);
    release();
    lane.turns.release(turn);
  }
}

/**
 * The same for the same bytes: after a crash between placing them and noting it, they are found to be a recording
 * already. Its time is that of the upload.
 */
function adoptionId(uploadId: RecordingId, what: string): RecordingId {
  const digest = createHash('sha256').update(`${uploadId} ${what}`).digest('hex');
  return `${uploadId.slice(0, 20)}${digest.slice(0, 3)}-${digest.slice(3, 15)}`;
}

/** The recording made, or null when these bytes can never be one. */
async function place(tools: SpoolTools, lane: UploadLane, spooled: SpooledFile): Promise<string | null> {
  try {
    const receipt = await tools.desk.adoptRecovered(spooled, lane.id);
    tools.log('info', `The bytes of the abandoned upload ${lane.id} were kept as a recovered recording.`, {
      uploadId: lane.id,
      recordingId: receipt.recordingId,
      sizeBytes: spooled.sizeBytes,
    });
    return receipt.recordingId;
  } catch (error) {
    if (!(error instanceof VoiceRecorderError) || error.isRetryable) throw error;
    tools.log('warn', `The bytes of upload ${lane.id} cannot become a recording; they stay in the spool.`, {
      uploadId: lane.id,
      code: error.code,
      reason: error.message,
    });
    return null;
  }
}

async function copySafe(
  tools: SpoolTools,
  lane: UploadLane,
  folder: string,
  id: string,
): Promise<CopyResult> {
  await writeKeptRecords(tools, lane);
  return await tools.hands.renew({
    from: { folder: lane.folder, id: lane.id, generation: lane.info.generation },
    to: { folder, id, generation: 1 },
    origin: 'adoption',
    recordCount: lane.recordCount,
  });
}

async function copyRest(tools: SpoolTools, folder: string, restPath: string): Promise<CopyResult> {
  const source = await open(restPath, 'r');
  try {
    const target = await open(dataPath(folder, 1), 'wx', 0o600);
    try {
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const request = { source: source.fd, target: target.fd, lengthBytes: null, stop };
      const copied = await tools.hands.copy(request, () => undefined);
      await tools.sync.sync(target.fd);
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
