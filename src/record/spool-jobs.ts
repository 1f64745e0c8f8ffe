import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { answerRequests } from '../threads/worker-pool.ts';
import { checkFolder } from './check-folder.ts';
import { type CopyRequest, copyBytes } from './copy-bytes.ts';
import type { CopyTools } from './copy-listener.ts';
import { copySource, type SourceCopyRequest } from './copy-source.ts';
import { errnoOf } from './disk.ts';
import { type RenewRequest, renewFiles } from './renew-files.ts';
import { type ReplayRequest, replayLogs } from './replay-logs.ts';
import type { UploadInfo } from './upload-info.ts';

/** The jobs of the spool that read or write many bytes at a stretch. */
export type SpoolJob =
  | {
      readonly kind: 'check';
      readonly folder: string;
      readonly id: string;
      readonly info: UploadInfo | undefined;
    }
  | ({ readonly kind: 'renew' } & RenewRequest)
  | ({ readonly kind: 'replay' } & ReplayRequest)
  | ({ readonly kind: 'copy' } & CopyRequest)
  | ({ readonly kind: 'copy source' } & SourceCopyRequest)
  | { readonly kind: 'remove'; readonly folder: string };

async function perform(
  job: SpoolJob,
  onProgress: (bytes: number) => void,
  tools: CopyTools,
): Promise<unknown> {
  switch (job.kind) {
    case 'check':
      return checkFolder(job.folder, job.id, job.info);
    case 'renew':
      return renewFiles(job);
    case 'replay':
      return replayLogs(job);
    case 'copy':
      return await copyBytes(job, onProgress);
    case 'copy source':
      return await copySource(job, onProgress, tools);
    case 'remove':
      return removeFolderNow(job.folder);
  }
}

/** Spool folders hold files only. */
function removeFolderNow(folder: string): void {
  try {
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
    rmdirSync(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Makes this thread one of the spool's. */
export function answerSpoolJobs(tools: CopyTools = {}): void {
  answerRequests((job: SpoolJob, onProgress) => perform(job, onProgress, tools));
}
