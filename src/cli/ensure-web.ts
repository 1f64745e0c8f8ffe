import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Output } from './output.ts';

/** What `scripts/build-web.ts` of a clone offers. A published package has no such script and brings the page along. */
interface WebBuilder {
  isWebStale(): boolean;
}

// The same way up from `src/cli` as from `dist/cli`.
const PACKAGE_FOLDER = new URL('../../', import.meta.url);

/**
 * Folder of the page to serve; in a clone it is built first when its sources changed.
 * Rejects with `internal` when there is none and it cannot be built.
 */
export async function ensureWeb(output: Output): Promise<string> {
  const folder = fileURLToPath(new URL('dist/web/', PACKAGE_FOLDER));
  const isBuilt = () => existsSync(new URL('dist/web/index.html', PACKAGE_FOLDER));
  const script = new URL('scripts/build-web.ts', PACKAGE_FOLDER);
  if (import.meta.url.endsWith('.ts') && existsSync(script)) {
    const builder = (await import(script.href)) as WebBuilder;
    if (builder.isWebStale()) await build(script, isBuilt(), output);
  }
  if (isBuilt()) return folder;
  throw new VoiceRecorderError(
    'internal',
    `The web page is missing: expected ${folder}index.html. Install the package again, or run "npm run build" in a clone.`,
  );
}

async function build(script: URL, hasOlderPage: boolean, output: Output): Promise<void> {
  output.note('Building the web page (once, and after each upgrade) ...');
  const code = await runApart(fileURLToPath(script));
  if (code === 0) return;
  const what = `building it ended with ${code}; what it said stands above`;
  if (!hasOlderPage) throw new VoiceRecorderError('internal', `There is no web page to serve: ${what}.`);
  output.note(`The web page from before is served, because ${what}.`);
}

/** In a process of its own, whose memory a server would otherwise hold for all its life. Its words go to stderr. */
async function runApart(script: string): Promise<number | null> {
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 2, 2] });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
