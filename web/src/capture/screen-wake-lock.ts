export interface ScreenKeeper {
  /** Keeps the screen from going dark, or lets it. */
  keepOn(isWished: boolean): void;
}

/**
 * Browsers let go of the lock whenever the page is hidden: it is taken again when the page is seen. `onChange` says
 * whether it is really held; where a browser has no such lock it never is.
 */
export function createScreenKeeper(onChange: (isKeptOn: boolean) => void): ScreenKeeper {
  const { wakeLock } = navigator as { wakeLock?: WakeLock };
  let isWished = false;
  let isAsking = false;
  let held: WakeLockSentinel | null = null;

  async function ask(): Promise<void> {
    if (!wakeLock || !isWished || held || isAsking || document.visibilityState !== 'visible') return;
    isAsking = true;
    try {
      const lock = await wakeLock.request('screen');
      lock.addEventListener('release', () => {
        held = null;
        onChange(false);
      });
      held = lock;
      onChange(true);
      if (!isWished) await lock.release();
    } catch {
      // Low battery, or a rule of the browser: the next time the page is seen it is asked again.
    } finally {
      isAsking = false;
    }
  }

  document.addEventListener('visibilitychange', () => void ask());
  return {
    keepOn(wish) {
      if (wish === isWished) return;
      isWished = wish;
      if (wish) void ask();
      else void held?.release().catch(() => {});
    },
  };
}
