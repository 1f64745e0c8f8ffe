import { STRINGS } from '../strings.ts';
import { formatClock } from './length.ts';

interface ToldEvent {
  readonly kind: string;
  readonly durationSeconds: number;
  readonly note?: string;
}

/** `Sound missing, 2.1 s`: what an event of a timeline is called, how long it was, and what else is known. */
export function describeEvent({ kind, durationSeconds, note }: ToldEvent): string {
  const name = STRINGS.moments.kinds[kind] ?? kind.replaceAll('-', ' ');
  return [name, durationSeconds > 0 ? formatDuration(durationSeconds) : '', note ?? '']
    .filter((part) => part !== '')
    .join(', ');
}

function formatDuration(seconds: number): string {
  if (seconds >= 60) return formatClock(seconds);
  return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
}
