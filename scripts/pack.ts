// Writes the folder that is published: `node scripts/build.ts && node scripts/pack.ts && npm publish ./dist-package`.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const packageFolder = join(root, 'dist-package');

interface Manifest {
  readonly files: readonly string[];
  readonly scripts?: unknown;
  readonly devDependencies?: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Copies what `files` names and writes the manifest as users get it. What was there before is replaced. */
export function writePackage(): void {
  const source = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  rmSync(packageFolder, { recursive: true, force: true });
  mkdirSync(packageFolder);
  for (const name of [...source.files, 'README.md', 'LICENSE']) {
    cpSync(join(root, name), join(packageFolder, name), { recursive: true });
  }
  const { scripts: _scripts, devDependencies: _devDependencies, optionalDependencies, ...manifest } = source;
  // A clone carries a Node of its own so that two commands are enough; whoever installs the package has one.
  const optional = Object.entries(optionalDependencies ?? {}).filter(([name]) => !name.startsWith('node-'));
  const published = {
    ...manifest,
    ...(optional.length > 0 ? { optionalDependencies: Object.fromEntries(optional) } : {}),
    engines: { node: '>=24' },
  };
  writeFileSync(join(packageFolder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writePackage();
  console.log(`Ready to publish: ${packageFolder}`);
}
