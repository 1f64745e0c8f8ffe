import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { argumentsFor, type CaptureProgram, type CaptureWish } from './capture-program.ts';

/** A capture program that runs. */
export interface RunningProgram {
  readonly name: string;
  readonly processId: number;
  /** The samples; ends when the program does. */
  readonly samples: Readable;
  /** Resolves when the program is gone, to how it ended and what it last said. */
  readonly ended: Promise<string>;
  /** Asks it to end; what it has gathered still comes. One that does not listen is killed. */
  stop(): void;
}

const KILL_AFTER_MS = 1_500;
/** What a program says first is the reason more often than the help it prints after it; of what comes later, the end. */
const KEPT_LINES = 4;

export function runProgram(
  program: CaptureProgram,
  wish: CaptureWish,
  env: NodeJS.ProcessEnv,
  onRemark: (line: string) => void,
): RunningProgram {
  const child = spawn(program.path, argumentsFor(program, wish), {
    // A Ctrl-C is for us: we end the program, and take what it still has.
    detached: true,
    // What it says is read by us, not by a person of one language.
    env: { ...env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.trim() === '' || isChatter(line)) return;
    said.push(line.trim());
    if (said.length > KEPT_LINES) said.splice(KEPT_LINES / 2, 1);
    onRemark(line.trim());
    if (isWrongRate(line)) {
      onRemark('The device has another sample rate: choose it as "plughw:..." instead of "hw:...".');
      child.kill('SIGINT');
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const ended = (async () => {
    try {
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      const reason = signal === null ? `exit code ${code}` : `signal ${signal}`;
      return said.length === 0 ? reason : `${reason}: ${said.join(' / ')}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearTimeout(timer);
    }
  })();
  return {
    name: program.name,
    processId: child.pid ?? 0,
    samples: child.stdout,
    ended,
    stop() {
      child.kill('SIGINT');
      timer ??= setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    },
  };
}

/** arecord goes on at the rate the device has, and everything would sound too high or too low. */
function isWrongRate(line: string): boolean {
  return /rate is not accurate/i.test(line);
}

/** What these programs say when all is well. */
function isChatter(line: string): boolean {
  return /^Recording raw data |^Aborted by signal /.test(line);
}
