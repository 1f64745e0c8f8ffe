const LOGIN_FRAGMENT = /^#login=([A-Za-z0-9_-]+)$/;

/** The code of a login link, if `location` is one; it is taken out of the address and the history at once. */
export function takeLoginCode(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
): string | null {
  const code = LOGIN_FRAGMENT.exec(location.hash)?.[1] ?? null;
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}
