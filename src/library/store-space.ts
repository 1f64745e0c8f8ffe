import { bytesPerMinute, type Preset } from '../model/preset.ts';

export interface SpaceReading {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files that can still be made; null where the file system does not count them. */
  readonly freeInodes: number | null;
}

export interface StoreSpaceDesk {
  readSpace(): Promise<SpaceReading>;
  readonly reserve: { ensure(): Promise<boolean>; release(): Promise<boolean> };
  /** What must stay free; 0 when space is not checked. */
  readonly keepFreeBytes: number;
  readonly onFault: (error: unknown) => void;
}

/** The disk is asked once for all who want to know within so short a time; what was promised meanwhile is counted apart. */
const READING_LASTS_MS = 20;
const RESERVE_ROUND_MS = 60_000;
const ROOM_TO_OPEN_BYTES = 16 * 1024 * 1024;

/** How much room the store has left, and the reserve that is given up when there is none. */
export class StoreSpace {
  readonly #desk: StoreSpaceDesk;
  #round: NodeJS.Timeout | undefined;
  #isShort = false;
  #reading: { readonly untilMs: number; readonly reading: Promise<SpaceReading> } | undefined;

  constructor(desk: StoreSpaceDesk) {
    this.#desk = desk;
  }

  read(): Promise<SpaceReading> {
    const nowMs = performance.now();
    if (this.#reading === undefined || nowMs >= this.#reading.untilMs)
      this.#reading = { untilMs: nowMs + READING_LASTS_MS, reading: this.#desk.readSpace() };
    return this.#reading.reading;
  }

  /** Bytes that new recordings may still fill; 0 when what must stay free is reached. */
  async usableBytes(): Promise<number> {
    return this.usableBytesOf(await this.read());
  }

  /** The same of a reading at hand. */
  usableBytesOf({ freeBytes }: Pick<SpaceReading, 'freeBytes'>): number {
    return Math.max(0, freeBytes - this.#desk.keepFreeBytes);
  }

  /** Minutes that still fit, by preset. */
  async minutesLeft(presets: readonly Preset[]): Promise<Record<string, number>> {
    const usableBytes = await this.usableBytes();
    return Object.fromEntries(
      presets.map((preset) => [preset.id, Math.floor(usableBytes / bytesPerMinute(preset))]),
    );
  }

  /** Makes the reserve in the background, and again later when it had to be given up. */
  keepReserve(): void {
    const ensure = () => {
      this.#desk.reserve.ensure().then((isHeld) => {
        if (isHeld) this.#isShort = false;
      }, this.#desk.onFault);
    };
    ensure();
    this.#round ??= setInterval(ensure, RESERVE_ROUND_MS).unref();
  }

  /** A database cannot be opened on a disk without a free byte: the reserve is given up before that. */
  async makeRoomToOpen(): Promise<void> {
    const { freeBytes } = await this.#desk.readSpace();
    if (freeBytes < ROOM_TO_OPEN_BYTES) await this.#desk.reserve.release();
  }

  /** True from the moment when the disk was full until the reserve is there again. */
  get isShort(): boolean {
    return this.#isShort;
  }

  async releaseReserve(): Promise<void> {
    this.#isShort = true;
    await this.#desk.reserve.release();
  }

  close(): void {
    clearInterval(this.#round);
  }
}
