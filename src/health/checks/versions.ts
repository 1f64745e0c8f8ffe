import type { HealthCheck } from '../health-check.ts';

export interface Versions {
  readonly node: string;
  readonly sqlite: string;
  readonly ffmpeg: string;
}

/** What this runs on: in every report, so that it stands in every one that is sent to somebody. */
export function versions({ node, sqlite, ffmpeg }: Versions): HealthCheck {
  return {
    name: 'versions',
    severity: 'minor',
    unit: null,
    everyMs: 24 * 60 * 60_000,
    run: () => ({ status: 'pass', message: `Node ${node}, SQLite ${sqlite}, FFmpeg ${ffmpeg}.` }),
  };
}
