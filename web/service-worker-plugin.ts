import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** Emits `service-worker.js` from `sourceFile`, told which files make up the shell and a version that follows them. */
export function serviceWorker(sourceFile: string, publicFolder: string): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const hash = createHash('sha256');
      const files = ['/index.html'];
      for (const [name, output] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(name).update(output.type === 'chunk' ? output.code : output.source);
        if (name !== 'index.html' && !name.endsWith('.map')) files.push(`/${name}`);
      }
      for (const name of publicFiles(publicFolder)) {
        hash.update(name).update(readFileSync(`${publicFolder}/${name}`));
        files.push(`/${name}`);
      }
      const source = readFileSync(sourceFile, 'utf8')
        .replace('%SHELL_VERSION%', hash.digest('hex').slice(0, 16))
        .replace("'%SHELL_FILES%'", files.map((file) => JSON.stringify(file)).join(', '));
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source });
    },
  };
}

function publicFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .sort();
}
