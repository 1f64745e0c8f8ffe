import { homedir, platform } from 'node:os';
import { join } from 'node:path';

const PRODUCT_FOLDER = 'voice-recorder-pro';

/** Reads of the process environment that the platform's own conventions ask for. */
export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/** Where the platform keeps a person's data: XDG Base Directory on Linux, Library on macOS, AppData on Windows. */
export function defaultDataDir(env: ProcessEnvironment, folderEnding: string): string {
  return join(dataHome(env), `${PRODUCT_FOLDER}${folderEnding}`);
}

/** Logs, tokens and the memory of stores seen: outside the store, so that a copied store carries no secrets. */
export function defaultStateDir(env: ProcessEnvironment): string {
  return join(stateHome(env), PRODUCT_FOLDER);
}

export function defaultConfigFile(env: ProcessEnvironment): string {
  return join(configHome(env), PRODUCT_FOLDER, 'config.json');
}

function dataHome(env: ProcessEnvironment): string {
  if (platform() === 'win32') return env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support');
  return absoluteOr(env['XDG_DATA_HOME'], join(homedir(), '.local', 'share'));
}

function stateHome(env: ProcessEnvironment): string {
  if (platform() === 'win32') return join(dataHome(env), 'State');
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'State');
  return absoluteOr(env['XDG_STATE_HOME'], join(homedir(), '.local', 'state'));
}

function configHome(env: ProcessEnvironment): string {
  if (platform() === 'win32') return env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming');
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Preferences');
  return absoluteOr(env['XDG_CONFIG_HOME'], join(homedir(), '.config'));
}

// The XDG specification says that relative paths there are invalid and to be ignored.
function absoluteOr(path: string | undefined, fallback: string): string {
  return path?.startsWith('/') ? path : fallback;
}
