import { VoiceRecorderError } from '../model/failure.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';

/** Says what would become of files that are imported; judges them here, and nothing leaves this process. */
export interface Rehearsal {
  importFile(path: string, options?: { readonly signal?: AbortSignal }): Promise<ImportOutcome>;
  close(): Promise<void>;
}

export async function openRehearsal(): Promise<Rehearsal> {
  const { openProber } = await import('../open.ts');
  const prober = openProber();
  return {
    async importFile(path, { signal } = {}) {
      try {
        const { checksum } = await prober.probe(path, signal === undefined ? {} : { signal });
        return { file: path, status: 'stored', checksum };
      } catch (error) {
        if (signal?.aborted || !(error instanceof VoiceRecorderError)) throw error;
        return { file: path, status: 'rejected', error: { code: error.code, message: error.message } };
      }
    },
    close: () => prober.close(),
  };
}
