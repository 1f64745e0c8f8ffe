import type { RecordingId } from '../model/id.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { WorkerPool } from '../threads/worker-pool.ts';
import type { FolderCheck } from './check-folder.ts';
import type { CopyRequest, CopyResult } from './copy-bytes.ts';
import type { SourceCopy, SourceCopyRequest } from './copy-source.ts';
import type { RenewRequest } from './renew-files.ts';
import type { ReplayRequest, ReplayResult } from './replay-logs.ts';
import type { SpoolJob } from './spool-jobs.ts';
import type { UploadInfo } from './upload-info.ts';

/** Each takes some 15 MB, and is there only when so many copies come at once. While one waits for the disk two others hash; a fourth brings nothing more. */
const THREADS = 3;
const COPIES_PER_THREAD = 3;

/** The worker threads of the spool, with the types of what they are asked and answer. */
export class SpoolHands {
  readonly #pool: WorkerPool<SpoolJob>;

  /** `entry`: the module of the threads, which calls `answerSpoolJobs()`. */
  constructor(entry: URL = siblingModule(import.meta.url, 'spool-worker')) {
    this.#pool = new WorkerPool(entry, { name: 'spool', size: THREADS, sharedAtOnce: COPIES_PER_THREAD });
  }

  async check(
    folder: string,
    id: RecordingId,
    info: UploadInfo | undefined,
    isUrgent: boolean,
  ): Promise<FolderCheck> {
    const job: SpoolJob = { kind: 'check', folder, id, info };
    return await this.#pool.run<FolderCheck>(job, { isUrgent });
  }

  async renew(request: RenewRequest): Promise<CopyResult> {
    const job: SpoolJob = { kind: 'renew', ...request };
    return await this.#pool.run<CopyResult>(job, { isUrgent: true });
  }

  async replay(request: ReplayRequest): Promise<ReplayResult> {
    const job: SpoolJob = { kind: 'replay', ...request };
    return await this.#pool.run<ReplayResult>(job, { isUrgent: true });
  }

  async copy(request: CopyRequest, onProgress: (bytesDone: number) => void): Promise<CopyResult> {
    const job: SpoolJob = { kind: 'copy', ...request };
    const call = { onProgress: (value: unknown) => onProgress(Number(value)) };
    return await this.#pool.run<CopyResult>(job, call);
  }

  async copySource(request: SourceCopyRequest, onProgress: (bytesDone: number) => void): Promise<SourceCopy> {
    const job: SpoolJob = { kind: 'copy source', ...request };
    const call = { isShared: true, onProgress: (value: unknown) => onProgress(Number(value)) };
    return await this.#pool.run<SourceCopy>(job, call);
  }

  /** Removes a folder and what is in it; one that is not there is no failure. */
  async remove(folder: string): Promise<void> {
    const job: SpoolJob = { kind: 'remove', folder };
    // Whoever waits for it holds up the next copy.
    await this.#pool.run(job, { isUrgent: true, isShared: true });
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
