/** What a person must hear of while it lasts, not afterwards. */
export type SoundTrouble = 'silence' | 'clipping';

export interface SoundLevel {
  /** Decibels below full scale (0 and less) since the level was last asked for; -Infinity for samples of zero. */
  readonly peakDbfs: number;
  readonly rmsDbfs: number;
}

const SILENCE_SECONDS = 5;
/** A single sample at full scale may be music; several in a row are a wave that was cut off. */
const CLIPPED_IN_ROW = 3;
const CLIPPING_PAUSE_SECONDS = 10;

interface MeterFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly sampleFormat: 's16' | 's32';
}

/** Listens to samples as they pass: their level, and whether they are nothing but zeros or cut off at full scale. */
export class SoundMeter {
  readonly #format: MeterFormat;
  readonly #onTrouble: (trouble: SoundTrouble, atSeconds: number, isOver: boolean) => void;
  readonly #bytesPerSample: number;
  readonly #fullScale: number;
  #passedSamples = 0;
  #zeroSamples = 0;
  #isSilent = false;
  #atFullScale = 0;
  #clippedAtSeconds = Number.NEGATIVE_INFINITY;
  #peak = 0;
  #squares = 0;
  #measured = 0;

  constructor(
    format: MeterFormat,
    onTrouble: (trouble: SoundTrouble, atSeconds: number, isOver: boolean) => void,
  ) {
    this.#format = format;
    this.#onTrouble = onTrouble;
    this.#bytesPerSample = format.sampleFormat === 's16' ? 2 : 4;
    this.#fullScale = format.sampleFormat === 's16' ? 0x7fff : 0x7fffffff;
  }

  /** Sound that has passed. */
  get seconds(): number {
    return this.#secondsOf(this.#passedSamples);
  }

  /** Whole samples only. */
  listen(samples: Buffer): void {
    const count = samples.length / this.#bytesPerSample;
    const isShort = this.#bytesPerSample === 2;
    const nearFullScale = isShort ? this.#fullScale : this.#fullScale - 0xff;
    for (let i = 0; i < count; i++) {
      const value = isShort ? samples.readInt16LE(i * 2) : samples.readInt32LE(i * 4);
      const size = value < 0 ? -value : value;
      if (size > this.#peak) this.#peak = size;
      this.#squares += size * size;
      this.#zeroSamples = size === 0 ? this.#zeroSamples + 1 : 0;
      // Channels alternate: a few in a row at full scale are one or both of them cut off.
      this.#atFullScale = size >= nearFullScale ? this.#atFullScale + 1 : 0;
      if (this.#atFullScale === CLIPPED_IN_ROW * this.#format.channels)
        this.#clip(this.#secondsOf(this.#passedSamples + i));
    }
    this.#measured += count;
    this.#passedSamples += count;
    this.#judgeSilence();
  }

  /** Of everything since the last time this was asked. */
  takeLevel(): SoundLevel {
    const rms = this.#measured === 0 ? 0 : Math.sqrt(this.#squares / this.#measured);
    const level = {
      peakDbfs: decibels(this.#peak, this.#fullScale),
      rmsDbfs: decibels(rms, this.#fullScale),
    };
    this.#peak = 0;
    this.#squares = 0;
    this.#measured = 0;
    return level;
  }

  #clip(atSeconds: number): void {
    if (atSeconds - this.#clippedAtSeconds < CLIPPING_PAUSE_SECONDS) return;
    this.#clippedAtSeconds = atSeconds;
    this.#onTrouble('clipping', atSeconds, false);
  }

  #secondsOf(samples: number): number {
    return samples / (this.#format.sampleRateHz * this.#format.channels);
  }

  #judgeSilence(): void {
    const zeroSeconds = this.#secondsOf(this.#zeroSamples);
    const isSilent = zeroSeconds > SILENCE_SECONDS;
    if (isSilent === this.#isSilent) return;
    this.#isSilent = isSilent;
    this.#onTrouble('silence', isSilent ? this.seconds - zeroSeconds : this.seconds, !isSilent);
  }
}

function decibels(size: number, fullScale: number): number {
  return size === 0 ? Number.NEGATIVE_INFINITY : Math.min(0, 20 * Math.log10(size / fullScale));
}
