import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { VoiceRecorderError } from '../model/failure.ts';
import { siblingModule } from '../model/sibling-module.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import { childEnvironment } from './child-environment.ts';
import type { LiveEncodeNews, LivePlan } from './live-plan.ts';

/** FFmpeg in a child process of its own, which makes a file of samples as they come. */
export interface LiveEncoder {
  /** 0 when it could not be started. */
  readonly processId: number;
  /** Takes samples, interleaved as the plan says. */
  readonly samples: Writable;
  /** The file's bytes, strictly one after the other; ends after the last of them when `samples` was ended. */
  readonly file: Readable;
  /** Resolves when the child has ended, to what went wrong (`media-crashed`); to undefined when nothing did. */
  readonly ended: Promise<VoiceRecorderError | undefined>;
}

/** The first `sizeBytes` bytes of the file hold `seconds` of sound. May be told before the bytes come, or after. */
export type MarkListener = (sizeBytes: number, seconds: number) => void;

/** A child that holds a page of sound needs no more. */
const HEAP_LIMIT_MB = 64;

export function openLiveEncoder(plan: LivePlan, onMark: MarkListener): LiveEncoder {
  assertOutsideWriteSession('An encoder');
  const module = fileURLToPath(siblingModule(import.meta.url, 'live-encode-child'));
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${HEAP_LIMIT_MB}`,
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      module,
      JSON.stringify(plan),
    ],
    {
      // Ctrl-C on a terminal reaches the whole process group; the take ends after its last samples, not at once.
      detached: true,
      windowsHide: true,
      env: childEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let failure: string | undefined;
  const news = createInterface({ input: child.stderr });
  news.on('line', (line) => {
    const told = parseNews(line);
    if (told === undefined) return;
    if ('failure' in told) failure = told.failure;
    else if ('seconds' in told) onMark(told.sizeBytes, told.seconds);
  });
  // What a dead child did not take is told by its end.
  child.stdin.on('error', () => undefined);
  const ended = endOf(child, () => failure);
  return {
    processId: child.pid ?? 0,
    samples: child.stdin,
    file: child.stdout,
    ended,
  };
}

async function endOf(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  failure: () => string | undefined,
): Promise<VoiceRecorderError | undefined> {
  try {
    // Not `exit`: bytes may still be on their way then.
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code === 0) return undefined;
    const reason = failure() ?? (signal === null ? `exit code ${code}` : signal);
    return new VoiceRecorderError('media-crashed', `The encoder of the take ended in the middle: ${reason}.`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new VoiceRecorderError('media-crashed', `The encoder could not be started: ${reason}.`, { cause });
  }
}

function parseNews(line: string): LiveEncodeNews | undefined {
  try {
    return JSON.parse(line) as LiveEncodeNews;
  } catch {
    // A library spoke its mind; what counts is said in JSON.
    return undefined;
  }
}
