import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const WEB_FOLDER = join(root, 'dist', 'web');
/** Digest of the inputs the built page was made from; beside the page, so that it is never served. */
const STAMP_FILE = join(root, 'dist', 'web-inputs.sha256');
const INPUTS = ['web', 'src/model', 'scripts/build-web.ts', 'package-lock.json', 'tsconfig.base.json'];

/** True when the built page is missing or was made from other sources than those that lie here. */
export function isWebStale(): boolean {
  try {
    readFileSync(join(WEB_FOLDER, 'index.html'));
    return readFileSync(STAMP_FILE, 'utf8') !== digestOfInputs();
  } catch {
    return true;
  }
}

/** Builds the page into `dist/web`. Rejects with what the bundler found wrong. */
export async function buildWeb(): Promise<{ fileCount: number; sizeBytes: number }> {
  // Taken first: a file changed during the build makes the page stale, not wrongly fresh.
  const digest = digestOfInputs();
  await inProduction(async () => {
    const { build } = await import('vite');
    await build({ configFile: join(root, 'web', 'vite.config.ts'), logLevel: 'warn', mode: 'production' });
  });
  mkdirSync(dirname(STAMP_FILE), { recursive: true });
  writeFileSync(STAMP_FILE, digest);
  const files = filesUnder(WEB_FOLDER);
  return {
    fileCount: files.length,
    sizeBytes: files.reduce((sum, file) => sum + readFileSync(file).length, 0),
  };
}

/** The bundler believes NODE_ENV more than the mode it is given: a page built for tests would not work offline. */
async function inProduction(work: () => Promise<void>): Promise<void> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

function digestOfInputs(): string {
  const hash = createHash('sha256');
  for (const input of INPUTS) {
    for (const file of filesUnder(join(root, input))) {
      if (/\.test\.tsx?$/.test(file)) continue;
      const bytes = readFileSync(file);
      hash.update(`${file.slice(root.length)}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest('hex');
}

/** All files under `path`, sorted; `path` itself when it is a file. */
function filesUnder(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return [path];
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const startedMs = performance.now();
  const { fileCount, sizeBytes } = await buildWeb();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `Web page built in ${seconds} s: ${fileCount} files, ${(sizeBytes / 1e6).toFixed(2)} MB in ${WEB_FOLDER}`,
  );
}
