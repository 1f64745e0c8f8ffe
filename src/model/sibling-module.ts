/**
 * The address of a module beside `moduleUrl`, with the same ending as that one: `.ts` when the source runs as it
 * is, `.js` when built. For worker threads and child processes, whose paths no compiler rewrites.
 */
export function siblingModule(moduleUrl: string, name: string): URL {
  const ending = moduleUrl.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./${name}${ending}`, moduleUrl);
}
