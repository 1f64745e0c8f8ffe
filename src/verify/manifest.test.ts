import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestLine, writeManifest } from './manifest.ts';

const runFile = promisify(execFile);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-manifest-'));
  await mkdir(join(folder, 'raw'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const checksumOf = (content: string) => createHash('sha256').update(content).digest('hex');

async function* stored(contents: Readonly<Record<string, string>>) {
  for (const [name, content] of Object.entries(contents)) {
    yield { storedFilename: `raw/${name}`, checksum: checksumOf(content), status: 'active' as const };
  }
}

async function check(): Promise<{ isOk: boolean; output: string }> {
  const options = { cwd: folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } };
  return await runFile('sha256sum', ['--check', '--strict', 'SHA256SUMS'], options).then(
    ({ stdout }) => ({ isOk: true, output: stdout }),
    (error: { stdout?: string; stderr?: string }) => ({
      isOk: false,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
}

const hasSha256sum = await runFile('sha256sum', ['--version']).then(
  () => true,
  () => false,
);

describe.skipIf(!hasSha256sum)('the manifest', () => {
  it('is checked by sha256sum, whatever the names are', async () => {
    const contents = { 'a.wav': '1', 'ü b.ogg': '2', 'back\\slash': '3', 'line\nfeed': '4', 'return\r': '5' };
    for (const [name, content] of Object.entries(contents))
      await writeFile(join(folder, 'raw', name), content);
    expect(await writeManifest(folder, stored(contents))).toEqual({
      path: join(folder, 'SHA256SUMS'),
      count: 5,
    });
    expect(await check()).toMatchObject({ isOk: true });
    await writeFile(join(folder, 'raw/a.wav'), 'rotten');
    await rm(join(folder, 'raw/ü b.ogg'));
    const { isOk, output } = await check();
    expect(isOk).toBe(false);
    expect(output).toContain('raw/a.wav: FAILED');
    expect(output).toContain('ü b.ogg: FAILED open or read');
  });

  it('is the same that sha256sum itself writes', async () => {
    await writeFile(join(folder, 'raw/x\\y\n.wav'), 'content');
    const { stdout } = await runFile('sha256sum', ['raw/x\\y\n.wav'], { cwd: folder });
    expect(manifestLine(checksumOf('content'), 'raw/x\\y\n.wav')).toBe(stdout);
  });
});

describe('writing the manifest', () => {
  it('leaves out what is still being placed and keeps what is missing', async () => {
    async function* recordings() {
      for (const status of ['placing', 'active', 'trashed', 'missing', 'damaged'] as const) {
        yield { storedFilename: `raw/${status}`, checksum: checksumOf(status), status };
      }
    }
    const { count } = await writeManifest(folder, recordings());
    expect(count).toBe(4);
    expect(await readFile(join(folder, 'SHA256SUMS'), 'utf8')).not.toContain('placing');
    expect((await stat(join(folder, 'SHA256SUMS'))).mode & 0o777).toBe(0o600);
  });

  it('leaves the old one when the new one is cut short', async () => {
    await writeManifest(folder, stored({ a: '1' }));
    const before = await readFile(join(folder, 'SHA256SUMS'), 'utf8');
    async function* failing() {
      yield* stored({ b: '2' });
      throw new Error('The catalogue went away.');
    }
    await expect(writeManifest(folder, failing())).rejects.toThrow('went away');
    expect(await readFile(join(folder, 'SHA256SUMS'), 'utf8')).toBe(before);
    expect((await writeManifest(folder, stored({ c: '3' }))).count).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(['SHA256SUMS', 'raw']);
  });

  it('names the folder it could not write to', async () => {
    await expect(writeManifest(join(folder, 'nowhere'), stored({}))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('nowhere'),
    });
  });
});
