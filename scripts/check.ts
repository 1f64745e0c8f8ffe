// What `npm run check` runs: all that must be green before a change lands. Stops at the first failure.
import { packageFolder, writePackage } from './pack.ts';
import { runStep } from './run-step.ts';

const filters = process.argv.slice(2);

await runStep('format and lint', 'biome', ['ci', '.']);
await runStep('types', 'tsc', ['-p', 'tsconfig.json']);
await runStep('types of the page', 'tsc', ['-p', 'web/tsconfig.json']);
await runStep("types of the page's tests", 'tsc', ['-p', 'web/tsconfig.test.json']);
await runStep('dead code', 'knip', []);
await runStep('build', process.execPath, ['scripts/build.ts']);
writePackage();
await runStep('package', 'publint', ['run', '--strict', packageFolder]);
await runStep('types of the package', 'attw', ['--pack', packageFolder, '--profile', 'esm-only']);
await runStep('tests', process.execPath, ['scripts/test.ts', ...filters]);
