import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { UploadReceipt } from '../model/upload.ts';
import type { FolderCheck } from './check-folder.ts';
import { asSpoolFailure, errnoOf } from './disk.ts';
import { COPY_INFO_NAME, TORN_INFO_NAME, uploadFolder } from './spool-layout.ts';
import { removeUploadFolder, type SpoolTools } from './spool-tools.ts';
import {
  newUploadInfo,
  readUploadInfo,
  type UploadInfo,
  type UploadInfoFile,
  unknownWish,
  writeUploadInfo,
} from './upload-info.ts';
import { UploadLane } from './upload-lane.ts';
import { WriterTurns } from './writer-turn.ts';

/** How the folder of an earlier run was found. */
export type LaneCheck = FolderCheck & { readonly isInfoTorn: boolean };

/** What is known of an id. */
export type Found =
  | { readonly kind: 'lane'; readonly lane: UploadLane; readonly check: LaneCheck | null }
  | { readonly kind: 'finished'; readonly receipt: UploadReceipt; readonly isLeftover: boolean }
  | { readonly kind: 'removed' }
  | { readonly kind: 'troubled'; readonly error: VoiceRecorderError }
  | { readonly kind: 'unknown' };

/** All uploads of this process; those of earlier runs are checked when they are first asked for. */
export class LaneTable {
  readonly #tools: SpoolTools;
  readonly #lanes = new Map<RecordingId, UploadLane>();
  readonly #checking = new Map<RecordingId, Promise<Found>>();
  /** Folders that are being filled by the house itself. They are nobody's upload. */
  readonly #reserved = new Set<RecordingId>();

  constructor(tools: SpoolTools) {
    this.#tools = tools;
  }

  get lanes(): readonly UploadLane[] {
    return [...this.#lanes.values()];
  }

  /** Keeps everybody off this id until the returned function is called. */
  reserve = (id: RecordingId): (() => void) => {
    this.#reserved.add(id);
    return () => this.release(id);
  };

  release(id: RecordingId): void {
    this.#reserved.delete(id);
  }

  isReserved(id: RecordingId): boolean {
    return this.#reserved.has(id);
  }

  isKnown(id: RecordingId): boolean {
    return this.#reserved.has(id) || this.#lanes.has(id);
  }

  add(folder: string, info: UploadInfo): UploadLane {
    const lastActivityAtMs = Date.parse(info.createdAt);
    return this.#keep({ folder, info, offsetBytes: 0, recordCount: 0, lastActivityAtMs });
  }

  drop(lane: UploadLane): void {
    this.#lanes.delete(lane.id);
    void this.#tools.descriptors.forget(lane.paths.data);
    this.#tools.digests.forget(lane.id);
  }

  /** Undefined when nothing is known without asking the disk or the catalogue. */
  findAtOnce(id: RecordingId): UploadLane | undefined {
    return this.#lanes.get(id);
  }

  async find(id: RecordingId, isUrgent: boolean): Promise<Found> {
    const lane = this.#lanes.get(id);
    if (lane !== undefined) return { kind: 'lane', lane, check: null };
    if (this.#reserved.has(id)) return { kind: 'unknown' };
    const known = this.#checking.get(id);
    if (known !== undefined) return await known;
    const checking = this.#check(id, isUrgent).finally(() => this.#checking.delete(id));
    this.#checking.set(id, checking);
    return await checking;
  }

  async #check(id: RecordingId, isUrgent: boolean): Promise<Found> {
    const folder = uploadFolder(this.#tools.desk.spoolPath, id);
    const hasFolder = await isThere(folder);
    const unplayed = hasFolder ? (await this.#tools.playBack()).failureOf(id) : undefined;
    if (unplayed !== undefined) return { kind: 'troubled', error: unplayed };
    const receipt = await this.#tools.desk.findReceipt(id);
    if (receipt !== undefined) {
      if (hasFolder) await removeUploadFolder(this.#tools, id);
      return { kind: 'finished', receipt, isLeftover: hasFolder };
    }
    if (!hasFolder) return { kind: 'unknown' };
    try {
      const file = await readUploadInfo(folder, id);
      if (file.name === COPY_INFO_NAME && file.info === undefined) {
        // A copy that the power left without its content. It was never answered for, and its source is untouched.
        await removeUploadFolder(this.#tools, id);
        return { kind: 'removed' };
      }
      const check = await this.#tools.hands.check(folder, id, file.info, isUrgent);
      return await this.#judge(id, folder, file, check);
    } catch (error) {
      return { kind: 'troubled', error: asSpoolFailure(error, `the check of upload ${id}`) };
    }
  }

  async #judge(id: RecordingId, folder: string, file: UploadInfoFile, check: FolderCheck): Promise<Found> {
    if (check.isDataMissing) {
      return troubled(`The bytes of upload ${id} are no longer in the spool, and it has no receipt yet.`);
    }
    const isCopy = file.info?.origin.kind === 'adoption';
    const wasNeverAnswered = file.info === undefined && check.offsetBytes === 0 && check.restPath === null;
    if (isCopy || check.isRepeatable || wasNeverAnswered) {
      await removeUploadFolder(this.#tools, id);
      return { kind: 'removed' };
    }
    if (file.info === undefined && check.origin !== null && check.origin !== 'client') {
      return troubled(`The folder of upload ${id} is a copy of some file whose name can no longer be read.`);
    }
    const { generation } = check;
    const info = { ...(file.info ?? (await this.#salvage(id, folder, file, check))), generation };
    const lastActivityAtMs = check.lastReceivedAtMs ?? Date.parse(info.createdAt);
    const { offsetBytes, recordCount } = check;
    const lane = this.#keep({ folder, info, offsetBytes, recordCount, lastActivityAtMs });
    return { kind: 'lane', lane, check: { ...check, isInfoTorn: file.info === undefined } };
  }

  /** Gives an upload whose `info.json` is torn a new one, so that its client can go on. */
  async #salvage(
    id: RecordingId,
    folder: string,
    file: UploadInfoFile,
    check: FolderCheck,
  ): Promise<UploadInfo> {
    if (file.name !== undefined) await rename(join(folder, file.name), join(folder, TORN_INFO_NAME));
    const createdAt = toIsoUtc(timeOfId(id));
    const fresh = newUploadInfo(id, createdAt, null, unknownWish(id), { kind: 'salvage' });
    const info = { ...fresh, generation: check.generation };
    await writeUploadInfo(folder, info);
    return info;
  }

  #keep(start: ConstructorParameters<typeof UploadLane>[0]): UploadLane {
    const { desk, tuning, expiryMs } = this.#tools;
    const turns = new WriterTurns(desk.clock, tuning.silenceMs, start.info.id);
    const lane = new UploadLane(start, desk.clock, expiryMs, turns);
    this.#lanes.set(lane.id, lane);
    return lane;
  }
}

/** The first 48 bits of an id are Unix milliseconds. */
function timeOfId(id: RecordingId): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

function troubled(message: string): Found {
  return { kind: 'troubled', error: new VoiceRecorderError('storage-failed', message) };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
