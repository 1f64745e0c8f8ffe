import { rename } from 'node:fs/promises';
import { syncFolder } from '../durable/folder.ts';
import { toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { isId, newId, type RecordingId } from '../model/id.ts';
import type { UploadReceipt, UploadState, UploadWish } from '../model/upload.ts';
import type { UploadChunk, Uploads } from '../voice-recorder.ts';
import type { BackgroundWork } from './background-work.ts';
import { completeUpload } from './completion.ts';
import { asSpoolFailure, removeFolder } from './disk.ts';
import {
  appendToFinished,
  completeError,
  FinishedUploads,
  finishedState,
  terminatedError,
} from './finished-uploads.ts';
import type { LaneTable } from './lane-table.ts';
import { type BodyTools, receiveBody } from './receive-body.ts';
import { renewLane } from './renewal.ts';
import { terminatedFolder } from './spool-layout.ts';
import { makeUploadFolder, removeUploadFolder, type SpoolTools } from './spool-tools.ts';
import { newUploadInfo } from './upload-info.ts';
import type { UploadLane } from './upload-lane.ts';
import { requireAdmission, requireFittingChunk } from './upload-rules.ts';
import type { WriterTurn } from './writer-turn.ts';

type Asked = { readonly lane: UploadLane } | { readonly finished: UploadState };

/** The spool as clients see it. */
export class ClientUploads implements Uploads {
  readonly #tools: SpoolTools;
  readonly #bodyTools: BodyTools;
  readonly #table: LaneTable;
  readonly #background: BackgroundWork;
  readonly #closing: AbortSignal;
  readonly #finished = new FinishedUploads();

  constructor(tools: SpoolTools, table: LaneTable, background: BackgroundWork, closing: AbortSignal) {
    this.#tools = tools;
    this.#table = table;
    this.#background = background;
    this.#closing = closing;
    this.#bodyTools = {
      ...tools,
      clock: tools.desk.clock,
      onDiskFull: async () => {
        background.attend(tools.ahead.relieve());
        await tools.desk.onDiskFull?.();
      },
      onJournalled: ({ id, paths, offsetBytes, info }, addedBytes) => {
        tools.digests.follow(id, paths.data, offsetBytes);
        const facts = { kind: info.wish.kind, addedBytes };
        tools.desk.onProgress?.({ type: 'upload-progress', uploadId: id, offsetBytes }, facts);
      },
    };
  }

  async create(
    wish: UploadWish,
    lengthBytes: number | null,
    createdBy: string | null = null,
  ): Promise<UploadState> {
    this.#requireOpen();
    await requireAdmission(this.#tools.desk, wish, lengthBytes);
    const nowMs = this.#tools.desk.clock.nowMs();
    const origin = { kind: 'client' } as const;
    const info = newUploadInfo(newId(nowMs), toIsoUtc(nowMs), lengthBytes, wish, origin, createdBy);
    const release = this.#table.reserve(info.id);
    try {
      return this.#table.add(await makeUploadFolder(this.#tools, info), info).state();
    } catch (error) {
      throw asSpoolFailure(error, 'a new upload');
    } finally {
      release();
    }
  }

  async append(id: RecordingId, chunk: UploadChunk): Promise<UploadState> {
    // A body that breaks while nobody reads it yet must not end the process; reading it later tells.
    chunk.body.on('error', ignore);
    try {
      const asked = await this.#find(id);
      if ('finished' in asked) return await appendToFinished(asked.finished, chunk);
      const { lane } = asked;
      const turn = await lane.turns.take(chunk.body);
      try {
        await this.#receive(lane, turn, chunk);
      } finally {
        lane.turns.release(turn);
      }
      if (lane.isWhole) await this.finish(lane, null);
      return lane.state();
    } finally {
      chunk.body.off('error', ignore);
    }
  }

  async head(id: RecordingId): Promise<UploadState> {
    const asked = await this.#find(id);
    if ('finished' in asked) return asked.finished;
    const { lane } = asked;
    await lane.turns.dismissSilent();
    if (lane.completion !== null) {
      const completion = lane.completion.catch(() => undefined);
      await this.#background.awaitPatiently(completion, this.#tools.tuning.patienceMs);
    }
    if (lane.isTerminated) throw terminatedError(id);
    return lane.state();
  }

  async creatorOf(id: RecordingId): Promise<string | null> {
    const asked = await this.#find(id);
    return 'lane' in asked ? asked.lane.info.createdBy : null;
  }

  async terminate(id: RecordingId): Promise<void> {
    const asked = await this.#find(id);
    if ('finished' in asked) throw completeError(id);
    const { lane } = asked;
    while (lane.turns.isTaken) await lane.turns.dismiss(`Upload ${id} is being ended by a person.`);
    const turn = await lane.turns.take(null);
    try {
      await lane.completion?.catch(() => undefined);
      if (lane.receipt !== null) throw completeError(id);
      if (lane.isTerminated) throw terminatedError(id);
      // Windows renames no folder while files in it are open.
      await this.#tools.descriptors.forget(lane.paths.data);
      const doomed = terminatedFolder(this.#tools.desk.spoolPath, id);
      await rename(lane.folder, doomed);
      lane.isTerminated = true;
      this.#table.drop(lane);
      this.#finished.keep(id, 'terminated');
      await syncFolder(this.#tools.desk.spoolPath);
      await removeFolder(doomed);
    } catch (error) {
      throw asSpoolFailure(error, `the removal of upload ${id}`);
    } finally {
      lane.turns.release(turn);
    }
  }

  /** Makes a recording of a whole upload; its lane and folder then go. */
  async finish(lane: UploadLane, checksum: string | null): Promise<UploadReceipt> {
    const receipt = await completeUpload(this.#tools, lane, checksum).catch(async (error: unknown) => {
      // With it the next start tries again by itself. If this fails, too, the client declares it again.
      await lane.saveLength().catch(() => undefined);
      throw error;
    });
    if (this.#table.findAtOnce(lane.id) === lane) {
      this.#finished.keep(lane.id, finishedState(receipt, lane.info.wish, lane.info.createdAt));
      this.#table.drop(lane);
      this.#background.attend(this.#clearUp(lane));
    }
    return receipt;
  }

  async #receive(lane: UploadLane, turn: WriterTurn, chunk: UploadChunk): Promise<void> {
    this.#requireOpen();
    if (lane.isTerminated) throw terminatedError(lane.id);
    if (lane.completion !== null) {
      // Being placed just now: its files may be gone from here at any moment.
      await appendToFinished({ ...lane.state(), lengthBytes: lane.lengthBytes }, chunk);
      return;
    }
    if (lane.isDistrusted) await renewLane(this.#tools, lane);
    requireFittingChunk(this.#tools.desk, lane, chunk);
    // A whole upload becomes a recording at once: its length is written down only when it does not.
    if (chunk.lengthBytes !== null && lane.lengthBytes === null) lane.declareLength(chunk.lengthBytes);
    lane.noteActivity();
    try {
      await receiveBody(this.#bodyTools, lane, turn, chunk);
      if (!lane.isWhole) await lane.saveLength();
    } finally {
      if (lane.isDistrusted) {
        // At once, so that whoever asks next finds the upload ready; a failure is told to whoever writes next.
        await renewLane(this.#tools, lane).catch((error: unknown) => {
          this.#tools.log('error', `The files of upload ${lane.id} could not be replaced.`, {
            id: lane.id,
            error,
          });
        });
      }
    }
  }

  /** The folder goes only if the catalogue itself says that the bytes are a recording. */
  async #clearUp(lane: UploadLane): Promise<void> {
    const release = this.#table.reserve(lane.id);
    try {
      if ((await this.#tools.desk.findReceipt(lane.id)) !== undefined)
        await removeUploadFolder(this.#tools, lane.id);
    } catch (error) {
      this.#tools.log('warn', `What upload ${lane.id} left in the spool is removed at the next start.`, {
        error,
      });
    } finally {
      release();
    }
  }

  async #find(id: RecordingId): Promise<Asked> {
    this.#requireOpen();
    const lane = this.#table.findAtOnce(id);
    if (lane !== undefined) return { lane };
    const finished = this.#finished.find(id);
    if (finished !== undefined) return { finished };
    if (!isId(id)) throw unknownError(id);
    const found = await this.#background.awaitPatiently(
      this.#table.find(id, true),
      this.#tools.tuning.patienceMs,
    );
    if (found === undefined) {
      throw new VoiceRecorderError(
        'upload-recovering',
        `Upload ${id} is still being checked after the restart.`,
      );
    }
    if (found.kind === 'lane') return { lane: found.lane };
    if (found.kind === 'finished') return { finished: finishedState(found.receipt) };
    throw found.kind === 'troubled' ? found.error : unknownError(id);
  }

  #requireOpen(): void {
    if (this.#closing.aborted) throw new VoiceRecorderError('interrupted', 'The spool is closed.');
  }
}

function ignore(): void {
  // Having a listener is what counts.
}

function unknownError(id: RecordingId): VoiceRecorderError {
  return new VoiceRecorderError('upload-unknown', `There is no upload ${id}.`);
}
