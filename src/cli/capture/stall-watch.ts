const STALLED_AFTER_MS = 3_000;
const CHECK_EVERY_MS = 500;

/** Notices when no sound comes any more, which a program that hangs does not say itself. */
export class StallWatch {
  readonly #timer: NodeJS.Timeout;
  #lastSoundMs = performance.now();
  #isStalled = false;

  constructor(onStall: (seconds: number) => void) {
    this.#timer = setInterval(() => {
      const silentMs = performance.now() - this.#lastSoundMs;
      if (silentMs < STALLED_AFTER_MS || this.#isStalled) return;
      this.#isStalled = true;
      onStall(Math.round(silentMs / 1000));
    }, CHECK_EVERY_MS);
  }

  noteSound(): void {
    this.#lastSoundMs = performance.now();
    this.#isStalled = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
