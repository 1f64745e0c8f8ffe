import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One call of the kernel that makes something durable, with the path it was for. */
export interface SyncCall {
  readonly call: 'fdatasync' | 'fsync' | 'ftruncate' | 'rename' | 'mkdir' | 'write-mark';
  readonly path: string;
}

export const canTrace = process.platform === 'linux' && spawnSync('strace', ['-V']).status === 0;

/**
 * Runs a script under strace and gives what it made durable, in order. The script marks places by writing
 * `#mark <name>` to stdout.
 */
export function traceSyncs(scriptPath: string, args: readonly string[]): SyncCall[] {
  const folder = mkdtempSync(join(tmpdir(), 'vrp-trace-'));
  try {
    const output = join(folder, 'trace');
    const calls = 'fsync,fdatasync,ftruncate,rename,mkdir,write';
    const options = [
      '-f',
      '-y',
      '-s',
      '64',
      '-e',
      `trace=${calls}`,
      '-o',
      output,
      process.execPath,
      scriptPath,
      ...args,
    ];
    // What Node keeps of compiled modules is no business of ours.
    execFileSync('strace', options, { env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' } });
    return readFileSync(output, 'utf8').split('\n').flatMap(parse);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parse(line: string): SyncCall[] {
  const sync = /\b(fdatasync|fsync|ftruncate)\(\d+<([^>]*)>/.exec(line);
  if (sync !== null) return [{ call: sync[1] as 'fsync', path: sync[2] ?? '' }];
  const rename = /\brename\("[^"]*", "([^"]*)"/.exec(line);
  if (rename !== null) return [{ call: 'rename', path: rename[1] ?? '' }];
  const mkdir = /\bmkdir\("([^"]*)"/.exec(line);
  if (mkdir !== null) return [{ call: 'mkdir', path: mkdir[1] ?? '' }];
  const mark = /\bwrite\(1<[^>]*>, "#mark ([^"\\]*)/.exec(line);
  return mark === null ? [] : [{ call: 'write-mark', path: mark[1] ?? '' }];
}
