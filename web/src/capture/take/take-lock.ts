const TAKE = 'vrp-take-';
const RUNNING = 'vrp-running-';
/** One for all tabs of this origin: who holds it may listen to the microphone for a take. */
const RECORDER = 'vrp-recorder';

// A page that is reloaded may leave its worker, and with it the lock, alive for a moment.
const LOCK_WAIT_MS = 1_500;

/** Takes the Web Lock of a take for this worker; undefined when another tab keeps it. The result lets go of it. */
export function holdTake(takeId: string): Promise<(() => void) | undefined> {
  return hold(`${TAKE}${takeId}`);
}

/**
 * Makes this tab the one that records, with `takeId`; undefined while another one does. Of two tabs that ask at the
 * same moment one gets it.
 */
export async function holdRunning(takeId: string): Promise<(() => void) | undefined> {
  const stopRecording = await hold(RECORDER);
  if (!stopRecording) return undefined;
  const stopRunning = await hold(`${RUNNING}${takeId}`);
  return () => {
    stopRunning?.();
    stopRecording();
  };
}

/** The take that another tab of this browser records; null when none does. */
export async function findRunningElsewhere(ownTakeId: string | null): Promise<string | null> {
  const names = await heldNames(RUNNING);
  return names.find((takeId) => takeId !== ownTakeId) ?? null;
}

/** Ids of all takes that a tab of this browser, this one or another, has in hand. */
export async function listHeldTakes(): Promise<ReadonlySet<string>> {
  return new Set(await heldNames(TAKE));
}

async function heldNames(prefix: string): Promise<readonly string[]> {
  const { held } = await navigator.locks.query();
  const names = (held ?? []).map(({ name }) => name ?? '');
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
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
