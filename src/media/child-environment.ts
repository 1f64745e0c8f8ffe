/** Windows cannot load libraries without the first three; with compiled code at hand a child starts in a third of the time. */
const HANDED_DOWN = ['SystemRoot', 'windir', 'PATHEXT', 'NODE_COMPILE_CACHE'];

/** The environment of a child that reads foreign audio: no token, no password, no proxy of ours. */
export function childEnvironment(): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of HANDED_DOWN) {
    const value = process.env[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
