export interface Level {
  readonly peakDbfs: number;
  readonly rmsDbfs: number;
}

const FLOOR_DBFS = -120;

export const SILENT: Level = { peakDbfs: FLOOR_DBFS, rmsDbfs: FLOOR_DBFS };

/** The level as the audio thread last measured it: through shared memory where the page may have it, else told. */
export interface LevelMeter {
  /** For the audio thread; null where memory cannot be shared. */
  readonly memory: SharedArrayBuffer | null;
  tell(level: { readonly peak: number; readonly rms: number }): void;
  read(): Level;
}

export function createLevelMeter(): LevelMeter {
  const memory = crossOriginIsolated ? new SharedArrayBuffer(2 * Float32Array.BYTES_PER_ELEMENT) : null;
  const levels = memory ? new Float32Array(memory) : new Float32Array(2);
  return {
    memory,
    tell: ({ peak, rms }) => levels.set([peak, rms]),
    read: () => ({ peakDbfs: toDbfs(levels[0] ?? 0), rmsDbfs: toDbfs(levels[1] ?? 0) }),
  };
}

/** Decibels below full scale of an amplitude from 0 to 1. */
function toDbfs(amplitude: number): number {
  return amplitude > 0 ? Math.max(FLOOR_DBFS, 20 * Math.log10(amplitude)) : FLOOR_DBFS;
}
