import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { CopyInOptions, SpooledFile, UploadState, UploadWish } from '../model/upload.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import type { UploadChunk } from '../voice-recorder.ts';
import { adoptUpload } from './adoption.ts';
import { BackgroundWork } from './background-work.ts';
import { ClientUploads } from './client-uploads.ts';
import { copyIn } from './import-copy.ts';
import { LaneTable } from './lane-table.ts';
import { recoverSpool } from './recovery.ts';
import { uploadFolder } from './spool-layout.ts';
import { closeSpoolTools, openSpoolTools, type SpoolTools } from './spool-tools.ts';
import type { UploadLane } from './upload-lane.ts';
import type {
  AdoptedTake,
  RecoveryReport,
  UnfinishedUpload,
  UploadSpool,
  UploadsDesk,
} from './uploads-desk.ts';

/** Opens the spool. Nothing of earlier runs is touched before `recover()` or before somebody asks for it. */
export async function openUploads(desk: UploadsDesk): Promise<UploadSpool> {
  return new DurableSpool(await openSpoolTools(desk));
}

class DurableSpool implements UploadSpool {
  readonly #tools: SpoolTools;
  readonly #table: LaneTable;
  readonly #clients: ClientUploads;
  readonly #background = new BackgroundWork();
  readonly #closing = new AbortController();
  #recovery: Promise<RecoveryReport> | null = null;
  #isChecked = false;

  constructor(tools: SpoolTools) {
    this.#tools = tools;
    this.#table = new LaneTable(tools);
    this.#clients = new ClientUploads(tools, this.#table, this.#background, this.#closing.signal);
  }

  async create(
    wish: UploadWish,
    lengthBytes: number | null,
    createdBy: string | null = null,
  ): Promise<UploadState> {
    assertOutsideWriteSession('The spool (create)');
    return await this.#clients.create(wish, lengthBytes, createdBy);
  }

  async append(id: RecordingId, chunk: UploadChunk): Promise<UploadState> {
    assertOutsideWriteSession(`The spool (append to ${id})`);
    return await this.#clients.append(id, chunk);
  }

  async head(id: RecordingId): Promise<UploadState> {
    assertOutsideWriteSession(`The spool (look at ${id})`);
    return await this.#clients.head(id);
  }

  async creatorOf(id: RecordingId): Promise<string | null> {
    assertOutsideWriteSession(`The spool (look at ${id})`);
    return await this.#clients.creatorOf(id);
  }

  async terminate(id: RecordingId): Promise<void> {
    assertOutsideWriteSession(`The spool (remove ${id})`);
    return await this.#clients.terminate(id);
  }

  async recover(): Promise<{ readonly foundCount: number; readonly done: Promise<RecoveryReport> }> {
    assertOutsideWriteSession('The spool (recover)');
    const finish = (lane: UploadLane, checksum: string | null) => this.#clients.finish(lane, checksum);
    const recovery = await recoverSpool(this.#tools, this.#table, finish, this.#closing.signal);
    this.#recovery = recovery.done;
    this.#background.attend(
      recovery.done.then(() => {
        this.#isChecked = true;
      }),
    );
    return recovery;
  }

  async listUnfinished(): Promise<readonly UnfinishedUpload[]> {
    await this.#recovery;
    return this.#table.lanes
      .filter((lane) => lane.receipt === null)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((lane) => ({
        ...lane.state(),
        lastActivityAt: lane.lastActivityAt,
        isExpired: lane.isExpired,
        refusal: lane.info.refusal,
        adoptedAs: lane.info.adoption?.recordingId ?? null,
      }));
  }

  isTakeArriving(takeId: string): boolean {
    if (!this.#isChecked) return true;
    return this.#table.lanes.some((lane) => lane.receipt === null && lane.info.wish.takeId === takeId);
  }

  async adoptExpired(): Promise<readonly AdoptedTake[]> {
    assertOutsideWriteSession('The spool (adopt)');
    await this.#recovery;
    const adopted: AdoptedTake[] = [];
    for (const lane of this.#table.lanes) {
      if (this.#closing.signal.aborted) break;
      if (!isAbandoned(lane)) continue;
      try {
        const take = await adoptUpload(this.#tools, this.#table.reserve, lane, null);
        if (take !== undefined) adopted.push(take);
      } catch (error) {
        this.#tools.log('error', `The expired upload ${lane.id} could not be adopted.`, {
          id: lane.id,
          error,
        });
      }
    }
    return adopted;
  }

  async copyIn(sourcePath: string, wish: UploadWish, options: CopyInOptions = {}): Promise<SpooledFile> {
    assertOutsideWriteSession(`The spool (copy ${sourcePath})`);
    if (this.#closing.signal.aborted) throw new VoiceRecorderError('interrupted', 'The spool is closed.');
    const spool = { reserve: this.#table.reserve, closing: this.#closing.signal };
    const copy = copyIn(this.#tools, spool, sourcePath, wish, options);
    this.#background.attend(copy);
    return await copy;
  }

  async discardSpooled(id: RecordingId): Promise<void> {
    assertOutsideWriteSession(`The spool (discard ${id})`);
    if (!this.#table.isReserved(id)) return;
    await this.#tools.hands.remove(uploadFolder(this.#tools.desk.spoolPath, id));
    this.#table.release(id);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#table.lanes.map((lane) => lane.turns.dismiss('The server is stopping.')));
    await Promise.allSettled(this.#table.lanes.map((lane) => lane.completion));
    // Jobs that wait for a thread are called off first, for what is under way waits for them.
    await this.#tools.hands.close();
    await this.#background.settle();
    await closeSpoolTools(this.#tools);
  }
}

/** An upload that was silent for too long and of which nothing was made yet. */
function isAbandoned(lane: UploadLane): boolean {
  const { adoption, refusal } = lane.info;
  if (!lane.isExpired || lane.offsetBytes === 0 || lane.completion !== null) return false;
  return adoption?.sizeBytes !== lane.offsetBytes && refusal?.sizeBytes !== lane.offsetBytes;
}
