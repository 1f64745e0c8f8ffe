import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Output } from './output.ts';

/** What `scripts/build-web.ts` of a clone offers. A published package has no such script and brings the page along. */
interface WebBuilder {
  isWebStale(): boolean;
  buildWeb(): Promise<{ fileCount: number; sizeBytes: number }>;
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
    if (builder.isWebStale()) await build(builder, isBuilt(), output);
  }
  if (isBuilt()) return folder;
  throw new VoiceRecorderError(
    'internal',
    `The web page is missing: expected ${folder}index.html. Install the package again, or run "npm run build" in a clone.`,
  );
}

async function build(builder: WebBuilder, hasOlderPage: boolean, output: Output): Promise<void> {
  output.note('Building the web page (once, and after each upgrade) ...');
  try {
    await builder.buildWeb();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (!hasOlderPage) {
      throw new VoiceRecorderError('internal', `The web page could not be built: ${reason}`, { cause });
    }
    output.note(`The web page could not be built, so the one from before is served: ${reason}`);
  }
}
