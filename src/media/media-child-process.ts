import { type ChildProcess, fork } from 'node:child_process';
import { siblingModule } from '../model/sibling-module.ts';
import { childEnvironment } from './child-environment.ts';
import type { MediaCall, MediaReply, MediaRequest } from './media-messages.ts';

/** FFmpeg's memory is not V8's: this only bounds what our own JavaScript may hold. */
const HEAP_LIMIT_MB = 256;

/** A running `media-child` as the parent sees it. */
export class MediaChild {
  /** When it last said anything, on the monotonic clock. */
  lastSignAt = performance.now();
  /** Loading FFmpeg takes a second on a busy machine; only then is silence a bad sign. */
  isReady = false;
  #lastCallId = 0;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;

  /** `onEnd` is called once, whatever the end was: exit, signal, or never having started. */
  constructor(onReply: (reply: MediaReply) => void, onEnd: (reason: string) => void) {
    this.#process = fork(siblingModule(import.meta.url, 'media-child'), [], {
      env: childEnvironment(),
      execArgv: [
        `--max-old-space-size=${HEAP_LIMIT_MB}`,
        '--expose-gc',
        '--disable-warning=ExperimentalWarning',
      ],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'json',
    });
    this.#process.on('message', (message) => {
      const reply = message as MediaReply;
      this.lastSignAt = performance.now();
      if (reply.type === 'ready') this.isReady = true;
      else onReply(reply);
    });
    this.#ended = new Promise((resolve) => {
      const end = (reason: string) => {
        onEnd(reason);
        resolve();
      };
      this.#process.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      // Without a process there is no exit; after a failed send or kill the exit follows.
      this.#process.on('error', (error) => {
        if (this.#process.pid === undefined) end(error.message);
      });
    });
  }

  /** 0 when the process could not be started. */
  get processId(): number {
    return this.#process.pid ?? 0;
  }

  /** Returns the id that the replies carry. Calls are done one after the other, in the order they were sent. */
  send(request: MediaRequest): number {
    this.#lastCallId += 1;
    const call: MediaCall = { callId: this.#lastCallId, request };
    // A child that is already dying ends the call by its exit.
    this.#process.send(call, () => undefined);
    return call.callId;
  }

  /** SIGKILL: a child in the middle of native code hears nothing gentler. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    this.#process.ref();
    await this.#ended;
  }

  /** Lets the program end while the child is idle; the child ends with it. */
  unref(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  ref(): void {
    this.#process.ref();
    this.#process.channel?.ref();
  }
}
