const RUNNING_TAKE = 'vrp-running-take';

/** Asks before the page goes away while `mustAsk` says so. */
export function askBeforeLeaving(mustAsk: () => boolean): void {
  window.addEventListener('beforeunload', (event) => {
    if (mustAsk()) event.preventDefault();
  });
}

/**
 * Remembers for this tab alone, over a reload, which take it was recording: a new tab or a restarted browser offers
 * to go on, but never opens the microphone by itself.
 */
export function rememberRunningTake(takeId: string | null): void {
  if (takeId === null) sessionStorage.removeItem(RUNNING_TAKE);
  else sessionStorage.setItem(RUNNING_TAKE, takeId);
}

export function wasRunningHere(takeId: string): boolean {
  return sessionStorage.getItem(RUNNING_TAKE) === takeId;
}
