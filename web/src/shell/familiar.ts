const KEY = 'vrp-signed-in-before';

/** Whether somebody was ever signed in here: such a browser opens its recorder also when nobody is, or no server is. */
export function isFamiliar(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export function becomeFamiliar(): void {
  try {
    localStorage.setItem(KEY, 'yes');
  } catch {
    // A browser that keeps nothing asks again the next time.
  }
}
