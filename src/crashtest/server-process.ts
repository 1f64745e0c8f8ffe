import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { quietPort } from './quiet-port.ts';
import { spawnVrp } from './vrp-command.ts';

export interface ServerSetup {
  readonly env: NodeJS.ProcessEnv;
  /** What the server says on stderr is appended here. */
  readonly logFile: string;
  /** Called when the server ends without having been asked or killed. */
  readonly onUnexpectedEnd: (how: string) => void;
}

const START_WITHIN_MS = 90_000;
const START_PAUSE_MS = 100;

/** `vrp start` as a process of its own, which can be killed, frozen and started again on the same port. */
export class ServerProcess {
  readonly #setup: ServerSetup;
  #child: ChildProcess | undefined;
  #port = 0;
  #slowestStartMs = 0;

  constructor(setup: ServerSetup) {
    this.#setup = setup;
  }

  get port(): number {
    return this.#port;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The longest it took, after a kill, from being started again until it answered. */
  get slowestStartSeconds(): number {
    return this.#slowestStartMs / 1000;
  }

  /** Resolves when it listens. Tries again for a while: an import may have the store open at this moment. */
  async start(): Promise<void> {
    const startMs = performance.now();
    const isRestart = this.#port !== 0;
    for (;;) {
      const child = await this.#spawn();
      const failure = await this.#untilListening(child);
      if (failure === undefined) break;
      if (performance.now() - startMs > START_WITHIN_MS)
        throw new Error(`The server could not be started: ${failure}`);
      // A port that never was its own may be taken; one whose clients wait for it is waited for.
      if (!isRestart) this.#port = 0;
      await sleep(START_PAUSE_MS);
    }
    if (isRestart) this.#slowestStartMs = Math.max(this.#slowestStartMs, performance.now() - startMs);
  }

  /** Starts it and ends it after `ms`, however far it has come. */
  async startAndKill(ms: number): Promise<void> {
    const child = await this.#spawn();
    const ended = once(child, 'exit');
    await sleep(ms);
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to stop; resolves to its exit code, null when it had to be killed or did not run. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM');
  }

  /** Stops all its threads for a while; it knows nothing of it afterwards but the time. */
  async freeze(ms: number): Promise<void> {
    const child = this.#child;
    child?.kill('SIGSTOP');
    try {
      await sleep(ms);
    } finally {
      child?.kill('SIGCONT');
    }
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    this.#child = undefined;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  async #spawn(): Promise<ChildProcess> {
    this.#port ||= await quietPort();
    const log = await open(this.#setup.logFile, 'a', 0o600);
    try {
      return spawnVrp(['start', '--json', '--port', String(this.#port)], this.#setup.env, log.fd);
    } finally {
      await log.close();
    }
  }

  /** Undefined when it listens, else how it ended. */
  async #untilListening(child: ChildProcess): Promise<string | undefined> {
    this.#child = child;
    const ended = once(child, 'exit').then(([code, signal]) => `it ended with ${String(signal ?? code)}`);
    const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
    const listening = new Promise<undefined>((resolve) => {
      lines?.on('line', (line) => {
        // Whatever else it says, an error for one, is followed by its end.
        const { baseUrl } = JSON.parse(line) as { baseUrl?: string };
        if (baseUrl === undefined) return;
        resolve(undefined);
      });
    });
    const failure = await Promise.race([ended, listening]);
    if (failure !== undefined) {
      this.#child = undefined;
      return failure;
    }
    ended.then(
      (how) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#setup.onUnexpectedEnd(how);
      },
      () => undefined,
    );
    return undefined;
  }
}
