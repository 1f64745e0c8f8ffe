import { asSpoolFailure } from './disk.ts';
import { type SpoolTools, writeKeptRecords } from './spool-tools.ts';
import type { UploadLane } from './upload-lane.ts';

/**
 * Gives an upload a new pair of files with its acknowledged bytes, after a sync of the former pair failed: the
 * kernel forgets pages it could not write, so those files would lie from then on. The former pair is closed and stays
 * in the folder. To be called by the upload's writer.
 */
export async function renewLane(tools: SpoolTools, lane: UploadLane): Promise<void> {
  const { folder, id, info, recordCount } = lane;
  const generation = info.generation + 1;
  try {
    await writeKeptRecords(tools, lane);
    await tools.descriptors.forget(lane.paths.data);
    await tools.hands.renew({
      from: { folder, id, generation: info.generation },
      to: { folder, id, generation },
      origin: 'client',
      recordCount,
    });
    await lane.amendInfo({ generation });
  } catch (error) {
    throw asSpoolFailure(error, `new files for upload ${id}`);
  }
  lane.isDistrusted = false;
  tools.log(
    'error',
    `A sync of upload ${id} failed. It goes on in new files from ${lane.offsetBytes} bytes on.`,
    {
      id,
      generation,
      offsetBytes: lane.offsetBytes,
    },
  );
}
