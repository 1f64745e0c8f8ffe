import type { VoiceRecorder } from '../../voice-recorder.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../terminal-text.ts';
import { finishLeftoverTakes } from './leftover-takes.ts';
import { takesInProcess } from './take-uploads.ts';

const TEND_TAKES_EVERY_MS = 60_000;

/** Takes of `vrp record` that was killed come into the library at the start, and within a minute afterwards. */
export function tendLeftoverTakes({ output }: Cli, recorder: VoiceRecorder): NodeJS.Timeout {
  const takes = takesInProcess(recorder.uploads);
  let isBusy = false;
  const tend = async () => {
    if (isBusy) return;
    isBusy = true;
    await finishLeftoverTakes(recorder.dataDir, {
      takes,
      amend: (id, amendment) => recorder.library.amend(id, amendment),
      onFinished: (title) => output.note(`An interrupted take is in the library now: ${printable(title)}`),
      onFailure: (folder, error) => {
        const reason = error instanceof Error ? error.message : String(error);
        output.note(`The take in ${printable(folder)} stays there for now: ${printable(reason)}`);
      },
    }).catch((error: unknown) => output.note(`Warning: ${printable(String(error))}`));
    isBusy = false;
  };
  void tend();
  return setInterval(() => void tend(), TEND_TAKES_EVERY_MS).unref();
}
