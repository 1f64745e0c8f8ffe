import { stat } from 'node:fs/promises';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

export interface TlsRenewal {
  readonly certPath: string;
  readonly keyPath: string;
  /** Called with the new pair. */
  onRenewed(files: TlsFiles): Promise<void>;
  /** The files changed, but cannot be used; what was used before still is. Called once for each state of the files. */
  onFailure(error: unknown): void;
}

const CHECK_EVERY_MS = 20_000;

/**
 * Watches for a renewed certificate until the returned function is called. Looks at the files themselves from time to
 * time: they may be links into a folder that a renewal replaces, which watching a file does not see.
 */
export function watchTlsFiles(renewal: TlsRenewal, checkEveryMs = CHECK_EVERY_MS): () => void {
  const { certPath, keyPath } = renewal;
  let seen: string | undefined;
  let isBusy = false;
  const check = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      const state = await stateOf(certPath, keyPath);
      const isChanged = seen !== undefined && state !== seen;
      seen = state;
      if (isChanged) await renewal.onRenewed(await readTlsFiles(certPath, keyPath));
    } catch (error) {
      renewal.onFailure(error);
    } finally {
      isBusy = false;
    }
  };
  void check();
  const timer = setInterval(() => void check(), checkEveryMs).unref();
  return () => clearInterval(timer);
}

/** Also tells a file that is missing for a moment from one that is there. */
async function stateOf(...paths: readonly string[]): Promise<string> {
  const states = paths.map(async (path) => {
    try {
      const { ino, mtimeMs, size } = await stat(path);
      return `${ino} ${mtimeMs} ${size}`;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  });
  return (await Promise.all(states)).join('\n');
}
