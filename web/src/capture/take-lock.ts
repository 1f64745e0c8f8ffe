const TAKE = 'vrp-take-';
const RUNNING = 'vrp-running-';

// A page that is reloaded may leave its worker, and with it the lock, alive for a moment.
const LOCK_WAIT_MS = 1_500;

/** Takes the Web Lock of a take for this worker; undefined when another tab keeps it. The result lets go of it. */
export function holdTake(takeId: string): Promise<(() => void) | undefined> {
  return hold(`${TAKE}${takeId}`);
}

/** Marks a take as being recorded here, for {@link isRunningElsewhere} in other tabs. */
export function holdRunning(takeId: string): Promise<(() => void) | undefined> {
  return hold(`${RUNNING}${takeId}`);
}

/** True when another tab of this browser records a take. */
export async function isRunningElsewhere(ownTakeId: string | null): Promise<boolean> {
  const { held } = await navigator.locks.query();
  return (held ?? []).some(({ name }) => name?.startsWith(RUNNING) && name !== `${RUNNING}${ownTakeId}`);
}

async function hold(name: string): Promise<(() => void) | undefined> {
  const acquired = Promise.withResolvers<boolean>();
  const released = Promise.withResolvers<void>();
  navigator.locks
    .request(name, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, () => {
      acquired.resolve(true);
      return released.promise;
    })
    .catch(() => acquired.resolve(false));
  return (await acquired.promise) ? released.resolve : undefined;
}
