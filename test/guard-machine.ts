import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Hundreds of processes and threads are started by the tests: most of their work would be compiling the same modules.
const COMPILED = fileURLToPath(new URL('../node_modules/.cache/vrp-compiled', import.meta.url));

/** Runs once before all tests: whatever a test forgets to name, it never reaches a person's recordings or state. */
export default function guardMachine(): () => void {
  const stateDir = mkdtempSync(join(tmpdir(), 'vrp-test-state-'));
  process.env['VRP_FORBID_DEFAULT_STORE'] = '1';
  process.env['VRP_STATE_DIR'] = stateDir;
  // An empty value means: no config file.
  process.env['VRP_CONFIG_FILE'] = '';
  process.env['NODE_ENV'] = 'test';
  process.env['NODE_COMPILE_CACHE'] ??= COMPILED;
  delete process.env['VRP_DATA_DIR'];
  delete process.env['VRP_ENV'];
  return () => rmSync(stateDir, { recursive: true, force: true });
}
