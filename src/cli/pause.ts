import { setTimeout as sleep } from 'node:timers/promises';

/** Waits between two looks. False when the person wants it to end. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
