import { formatDuration } from '../../model/format.ts';
import type { Recording } from '../../model/recording.ts';
import type { Output } from '../output.ts';
import { shortId } from '../recording-text.ts';
import { printable } from '../terminal-text.ts';
import type { SoundLevel } from './sound-meter.ts';

/** How far a take is. */
export interface TakeProgress {
  /** On stable storage of this machine. */
  readonly capturedSeconds: number;
  /** Acknowledged by the library; without a server the local disk is all there is. */
  readonly safeSeconds: number;
}

const BAR_COLUMNS = 24;
const BAR_FLOOR_DBFS = -60;
const LINE_EVERY_MS = 100;
const JSON_EVERY_MS = 1_000;

/** What a person, or a program with `--json`, sees of a take while it is made. */
export class TakeDisplay {
  readonly #output: Output;
  readonly #read: () => { progress: TakeProgress; level: SoundLevel };
  readonly #timer: NodeJS.Timeout;
  #isLineOpen = false;

  constructor(output: Output, read: () => { progress: TakeProgress; level: SoundLevel }) {
    this.#output = output;
    this.#read = read;
    this.#timer = setInterval(() => this.#show(), output.isJson ? JSON_EVERY_MS : LINE_EVERY_MS);
  }

  started(facts: Readonly<Record<string, string | number>>, sentence: string): void {
    if (this.#output.isJson) this.#output.jsonLine({ event: 'started', ...facts });
    this.note(sentence);
  }

  /** `code` is stable; `atSeconds` is the position in the take. */
  warn(code: string, sentence: string, atSeconds: number): void {
    if (this.#output.isJson) {
      this.#output.jsonLine({ event: 'warning', code, message: sentence, atSeconds: round(atSeconds) });
    }
    this.note(`${this.#output.paint('yellow', formatDuration(atSeconds), 'stderr')}  ${printable(sentence)}`);
  }

  stored(recording: Recording): void {
    if (this.#output.isJson) {
      const { id, checksum, duration } = recording;
      this.#output.jsonLine({ event: 'stored', id, checksum, duration, recording });
    } else {
      const length = formatDuration(recording.duration ?? 0);
      this.#output.line(`Kept: ${printable(recording.title)} (${length}, ${shortId(recording.id)})`);
    }
  }

  note(sentence: string): void {
    this.#clear();
    this.#output.note(sentence);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #show(): void {
    if (!this.#output.isJson && !this.#output.hasProgress) return;
    const { progress, level } = this.#read();
    if (this.#output.isJson) {
      this.#output.jsonLine({
        event: 'progress',
        capturedSeconds: round(progress.capturedSeconds),
        safeSeconds: round(progress.safeSeconds),
        peakDbfs: finite(level.peakDbfs),
        rmsDbfs: finite(level.rmsDbfs),
      });
    } else {
      process.stderr.write(`\r\u001b[K${progressLine(progress, level)}`);
      this.#isLineOpen = true;
    }
  }

  #clear(): void {
    if (this.#isLineOpen) process.stderr.write('\r\u001b[K');
    this.#isLineOpen = false;
  }
}

/** `0:01:23  [########|----]  -14 dB  captured 83 s, safe 82 s`: `#` up to the loudness, `|` at the peak. */
export function progressLine(progress: TakeProgress, level: SoundLevel): string {
  const columnOf = (dbfs: number) =>
    Math.round(Math.min(1, Math.max(0, 1 - dbfs / BAR_FLOOR_DBFS)) * BAR_COLUMNS);
  const full = columnOf(level.rmsDbfs);
  const peak = columnOf(level.peakDbfs);
  const bar = Array.from({ length: BAR_COLUMNS }, (_, column) => {
    if (column < full) return '#';
    return column === peak - 1 ? '|' : '-';
  }).join('');
  const loudness = Number.isFinite(level.peakDbfs) ? `${level.peakDbfs.toFixed(0)} dB` : 'silent';
  const { capturedSeconds, safeSeconds } = progress;
  return (
    `${formatDuration(capturedSeconds)}  [${bar}] ${loudness.padStart(6)}  ` +
    `captured ${capturedSeconds.toFixed(1)} s, safe ${safeSeconds.toFixed(1)} s`
  );
}

/** Down: what is not captured whole is not said to be. */
function round(seconds: number): number {
  return Math.floor(seconds * 1000) / 1000;
}

/** JSON knows no infinity: null is the level of samples of zero. */
function finite(dbfs: number): number | null {
  return Number.isFinite(dbfs) ? Math.round(dbfs * 10) / 10 : null;
}
