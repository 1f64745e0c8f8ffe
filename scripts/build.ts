// What `npm run build` runs: compiles `src` to `dist` and the page to `dist/web`, as a published package carries them.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWeb, isWebStale } from './build-web.ts';
import { runStep } from './run-step.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGE = new Set(['web', 'web-inputs.sha256']);

// Files of an earlier build whose source is gone must not be published. The page has its own way to stay fresh.
const dist = join(root, 'dist');
for (const name of listOrNone(dist)) {
  if (!PAGE.has(name)) rmSync(join(dist, name), { recursive: true, force: true });
}
await runStep('compile', 'tsc', ['-p', 'tsconfig.build.json']);
if (isWebStale()) await buildWeb();
console.log('Built: dist and dist/web');

function listOrNone(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
