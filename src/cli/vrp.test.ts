import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listenTo } from '../../test/live-events.ts';
import { voiceSamples, writeWav } from '../../test/voice-wav.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import { runVrp, startVrp, type VrpFolders, vrpEnvironment } from '../../test/vrp-process.ts';
import type { Recording } from '../model/recording.ts';

const launcher = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));
const PAGE_NAME = 'page \u001b[31m\u202e.wav';

let root: string;
let audio: string;
/** A library of the three sounds, to be copied. */
let template: VrpFolders;
let folders: VrpFolders;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vrp-cli-'));
  audio = join(root, 'audio');
  mkdirSync(audio);
  for (const [index, name] of ['one.wav', 'two.wav', 'three.wav'].entries())
    writeSound(join(audio, name), index + 1);
  template = foldersIn(join(root, 'template'));
  await runHere(template, ['import', audio, '--recursive']);
});

afterAll(() => rm(root, { recursive: true }));

beforeEach(async () => {
  folders = foldersIn(await mkdtemp(join(root, 'store-')));
});

const foldersIn = (folder: string) => ({ dataDir: join(folder, 'data'), stateDir: join(folder, 'state') });

/** Different sounds: the same bytes would be one recording. */
function writeSound(path: string, seconds: number): void {
  writeWav(path, voiceSamples(seconds, 8000, 1), 8000);
}

const vrp = (...args: string[]) => runHere(folders, args);

async function vrpJson<Answer>(...args: string[]): Promise<Answer> {
  const { stdout } = await vrp('--json', ...args);
  return JSON.parse(stdout) as Answer;
}

/** The library of the three sounds, newest first. */
async function openThree(): Promise<Recording[]> {
  await cp(template.dataDir, folders.dataDir, { recursive: true });
  return (await vrpJson<{ items: Recording[] }>('list')).items;
}

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('vrp', () => {
  it('prints its help without a command, and its version', async () => {
    const help = await vrp();
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: vrp COMMAND');
    expect(await runVrp(folders, [])).toEqual(help);
    expect((await vrp('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('has examples in the help of every command', async () => {
    const { stdout } = await vrp('help');
    const names = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map((match) => match[1] ?? '');
    const commands = names.filter((name) => name !== 'vrp');
    expect(commands).toContain('edit-info');
    for (const name of commands) {
      const help = await vrp('help', name);
      expect(help.exitCode, name).toBe(0);
      expect(help.stdout, name).toMatch(/Examples?:\n {2}(vrp|curl)/);
    }
  });

  it('proposes the nearest command for one it does not know', async () => {
    const { exitCode, stderr, stdout } = await runVrp(folders, ['lisst']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^vrp: Unknown command 'lisst'\. \(Did you mean list\?\) \[usage\]\n/);
    expect(stdout).toBe('');
  });

  it('ends with 2 for every wrong usage', async () => {
    await openThree();
    for (const args of [
      ['list', '--limit', '0'],
      ['list', '--nonsense'],
      ['import'],
      ['info', 'short'],
      ['edit-info', '01234567'],
      ['--env', 'moon', 'list'],
      ['start', '--port', '70000'],
      ['token', 'add', 'x', '--role', 'king'],
      ['trash', 'empty'],
    ]) {
      const { exitCode, stderr } = await vrp(...args);
      expect(stderr, args.join(' ')).toContain('[usage]');
      expect(exitCode, args.join(' ')).toBe(2);
    }
  });

  it('answers an error as JSON too, and as nothing else on stdout', async () => {
    const { stdout, exitCode } = await runVrp(folders, ['probe', join(audio, 'none.wav'), '--json']);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'file-missing', message: expect.stringContaining('none.wav') },
    });
    expect(exitCode).toBe(1);
    expect(JSON.parse((await vrp('lisst', '--json')).stdout)).toMatchObject({ error: { code: 'usage' } });
  });

  it('ends quietly when nobody reads its answer', async () => {
    await openThree();
    const child = spawn(process.execPath, [launcher, 'manifest', '--print'], {
      env: vrpEnvironment(folders),
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    const [exitCode] = await once(child, 'exit');
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});

describe('vrp without a library', () => {
  it('lists nothing, finds nothing and makes no folder', async () => {
    const list = await vrp('list');
    expect([list.exitCode, list.stdout]).toEqual([0, '']);
    expect(await vrpJson('list')).toEqual({ items: [], nextCursor: null });
    expect(await vrpJson('trash', 'list')).toEqual({ items: [], nextCursor: null });
    for (const command of [['info', '01234567'], ['remove', '01234567'], ['manifest']]) {
      expect(await vrpJson(...command)).toMatchObject({ error: { code: 'catalogue-missing' } });
    }
    expect(existsSync(folders.dataDir)).toBe(false);
  });

  it('tries an import without making a folder', async () => {
    const { stdout, exitCode } = await vrp('import', join(audio, 'one.wav'), '--dry-run', '--json');
    expect(lines(stdout)).toMatchObject([{ file: join(audio, 'one.wav'), status: 'stored' }]);
    expect(exitCode).toBe(0);
    expect(existsSync(folders.dataDir)).toBe(false);
  });

  it('makes the library for the first token', async () => {
    const { stdout, exitCode } = await vrp('token');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^vrp_[\w-]{43}\n$/);
    expect((await vrp('token')).stdout).toBe(stdout);
  });
});

describe('vrp import', () => {
  it('says one line of JSON for each file, and knows its own again', async () => {
    const tags = ['--tag', 'a', '--tag', 'b'];
    const first = await runVrp(folders, ['import', audio, '--recursive', '--json', ...tags]);
    expect(first.exitCode).toBe(0);
    expect(lines(first.stdout).map(({ status }) => status)).toEqual(['stored', 'stored', 'stored']);
    const again = await vrp('import', join(audio, 'one.wav'), '--json');
    expect(lines(again.stdout)).toMatchObject([
      { status: 'duplicate', checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const { items } = await vrpJson<{ items: Recording[] }>('list');
    expect(items.map(({ tags }) => tags)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('refuses a folder without --recursive, and says how', async () => {
    const { exitCode, stderr } = await vrp('import', audio);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('add --recursive');
  });

  it('ends with 1 when a file was refused, after the others, and prints no escape sequence of its name', async () => {
    const folder = await mkdtemp(join(root, 'mixed-'));
    writeFileSync(join(folder, PAGE_NAME), '<!doctype html><title>x</title>');
    writeSound(join(folder, 'sound.wav'), 1);
    const { exitCode, stdout, stderr } = await vrp('import', folder, '-r');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^1 file stored \(.*\), 1 rejected/);
    expect(stderr).toContain('page \\u{1b}[31m\\u{202e}.wav');
    expect((stderr + stdout).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    const json = await vrp('import', folder, '-r', '--json');
    expect(json.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(lines(json.stdout).find(({ status }) => status === 'rejected')).toMatchObject({
      file: join(folder, PAGE_NAME),
      error: { code: 'not-audio-content' },
    });
    expect(existsSync(join(folder, PAGE_NAME))).toBe(true);
  });

  it('stores nothing in a dry run', async () => {
    await openThree();
    const folder = await mkdtemp(join(root, 'dry-'));
    writeSound(join(folder, 'new.wav'), 4);
    const { stdout } = await vrp('import', folder, join(audio, 'one.wav'), '-r', '--dry-run', '--json');
    expect(
      lines(stdout)
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['duplicate', 'stored']);
    expect((await vrpJson<{ items: Recording[] }>('list')).items).toHaveLength(3);
  });

  it('moves a source away once it is kept, but never a file of the library itself', async () => {
    const source = join(root, 'move.wav');
    writeSound(source, 5);
    expect((await vrp('import', source, '--move')).exitCode).toBe(0);
    expect(existsSync(source)).toBe(false);
    const [kept] = (await vrpJson<{ items: Recording[] }>('list')).items;
    const path = join(folders.dataDir, kept?.storedFilename ?? '');
    const { exitCode, stdout } = await vrp('import', path, '--move', '--json');
    expect(lines(stdout)).toMatchObject([{ status: 'rejected', error: { code: 'invalid-input' } }]);
    expect(exitCode).toBe(1);
    expect(existsSync(path)).toBe(true);
  });

  it('stops at Ctrl-C, says what was not done, and leaves a library that opens', async () => {
    const folder = await mkdtemp(join(root, 'many-'));
    for (let i = 0; i < 60; i++) writeSound(join(folder, `${i}.wav`), 6 + i / 10);
    const child = spawn(process.execPath, [launcher, 'import', folder, '-r', '--json'], {
      env: vrpEnvironment(folders),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => {
      if (stdout === '') child.kill('SIGINT');
      stdout += String(text);
    });
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    const [exitCode] = await once(child, 'close');
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/Stopped: \d+ files not imported\./);
    const stored = lines(stdout).filter(({ status }) => status === 'stored').length;
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(60);
    expect((await vrpJson<{ items: Recording[] }>('list')).items).toHaveLength(stored);
  });
});

describe('vrp list, info, edit-info, remove, trash', () => {
  it('shows recordings as a table and page by page', async () => {
    await openThree();
    const { stdout } = await vrp('list');
    expect(stdout).toMatch(/^WHEN +TITLE +LENGTH +SIZE +FORMAT +TAGS +ID\n/);
    expect(stdout).toMatch(/three +0:03 /);
    const first = await vrpJson<{ items: Recording[]; nextCursor: string }>('list', '--limit', '2');
    expect(first.items).toHaveLength(2);
    const second = await vrpJson<{ items: Recording[]; nextCursor: null }>(
      'list',
      '--cursor',
      first.nextCursor,
    );
    expect(second.items).toHaveLength(1);
    expect(second.nextCursor).toBeNull();
    const found = await vrpJson<{ items: Recording[] }>('list', '--query', 'thr');
    expect(found.items.map(({ title }) => title)).toEqual(['three']);
    const titlesOf = async (...options: string[]) =>
      (await vrpJson<{ items: Recording[] }>('list', ...options)).items.map(({ title }) => title);
    expect(await titlesOf('--order', 'longest', '--longer', '1.5')).toEqual(['three', 'two']);
    expect(await titlesOf('--order', 'title', '--format', 'wav', '--from', '2000-01-01')).toHaveLength(3);
    expect(await titlesOf('--to', '2000-01-01')).toEqual([]);
    expect((await vrp('list', '--query', 'threee ')).stderr).toContain(
      'Nothing has "threee"; these have "three".',
    );
    for (const wrong of [
      ['--from', '2026-02-30'],
      ['--order', 'sideways'],
      ['--longer', '-1'],
    ])
      expect((await vrp('list', ...wrong)).exitCode, wrong.join(' ')).toBe(2);
  });

  it('finds a recording by its id, or by enough of the end of it', async () => {
    const [newest] = await openThree();
    const byId = await vrpJson<Recording>('info', newest!.id);
    expect(byId).toEqual(newest);
    expect(await vrpJson<Recording>('info', newest!.id.slice(-8))).toEqual(newest);
    const { stdout } = await vrp('info', newest!.id);
    expect(stdout).toContain(join(folders.dataDir, newest!.storedFilename));
    const unknown = newest!.id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await vrpJson('info', unknown)).toMatchObject({ error: { code: 'recording-unknown' } });
  });

  it('changes title, notes and tags', async () => {
    const [newest] = await openThree();
    const id = newest!.id;
    await vrp('edit-info', id, '--tag', 'x', '--tag', 'y', '--notes', 'said so');
    const changed = await vrpJson<Recording>(
      'edit-info',
      id,
      '--title',
      'New',
      '--add-tag',
      'z',
      '--remove-tag',
      'x',
    );
    expect(changed).toMatchObject({
      title: 'New',
      notes: 'said so',
      tags: ['y', 'z'],
      version: newest!.version + 2,
    });
    expect((await vrpJson<Recording>('edit-info', id, '--clear-tags')).tags).toEqual([]);
    expect(await vrpJson('edit-info', id, '--title', ' ')).toMatchObject({
      error: { code: 'invalid-input' },
    });
  });

  it('prints no escape sequence that a title holds', async () => {
    const [newest] = await openThree();
    await vrp('edit-info', newest!.id, '--title', 'a \u009b31m b');
    for (const args of [
      ['list'],
      ['info', newest!.id],
      ['remove', newest!.id],
      ['trash'],
      ['list', '--json'],
    ]) {
      expect((await vrp(...args)).stdout, args[0]).not.toContain('\u009b');
    }
  });

  it('puts recordings into the trash and takes them back, going on after one it does not know', async () => {
    const [one, two] = await openThree();
    const removed = await vrp('remove', one!.id, '0123456789abcdef', two!.id, '--json');
    expect(removed.exitCode).toBe(1);
    expect(JSON.parse(removed.stdout)).toMatchObject({
      items: [{ id: one!.id, status: 'trashed' }, { id: two!.id }],
      failed: [{ id: '0123456789abcdef', error: { code: 'recording-unknown' } }],
    });
    expect((await vrpJson<{ items: Recording[] }>('trash')).items).toHaveLength(2);
    expect((await vrpJson<{ items: Recording[] }>('list')).items).toHaveLength(1);
    await vrp('trash', 'restore', one!.id.slice(-8));
    expect((await vrpJson<{ items: Recording[] }>('list')).items).toHaveLength(2);
  });
});

describe('vrp probe, manifest, config', () => {
  it('describes a file by the names of the contract', async () => {
    const facts = await vrpJson<Record<string, unknown>>('probe', join(audio, 'two.wav'));
    expect(facts).toMatchObject({
      filename: 'two.wav',
      filesizeBytes: statSync(join(audio, 'two.wav')).size,
      mimeType: 'audio/wav',
      container: 'wav',
      codec: 'pcm_s16le',
      duration: 2,
      warnings: [],
    });
    expect(facts['checksum']).toMatch(/^[0-9a-f]{64}$/);
    expect((await vrp('probe', join(audio, 'two.wav'))).stdout).toMatch(/^Length +0:02$/m);
  });

  it('writes the checksums of all recordings, those in the trash too', async () => {
    const [one] = await openThree();
    await vrp('remove', one!.id);
    expect(await vrpJson('manifest')).toEqual({ path: join(folders.dataDir, 'SHA256SUMS'), count: 3 });
    const written = readFileSync(join(folders.dataDir, 'SHA256SUMS'), 'utf8');
    expect(written).toContain(`${one!.checksum}  ${one!.storedFilename}\n`);
    expect((await vrp('manifest', '--print')).stdout).toBe(written);
  });

  it('shows settings with their source, and names every fault of them', async () => {
    const { settings } = await vrpJson<{ settings: { name: string; value: unknown; source: string }[] }>(
      'config',
      'show',
    );
    expect(settings.find(({ name }) => name === 'dataDir')).toMatchObject({
      value: folders.dataDir,
      source: 'environment',
    });
    expect((await vrp('config', 'check')).exitCode).toBe(0);
    vi.stubEnv('VRP_PORT', 'lots');
    vi.stubEnv('VRP_MIN_DISK_SPACE_MB', '-1');
    const { exitCode, stdout } = await vrp('config', 'check');
    vi.unstubAllEnvs();
    expect(exitCode).toBe(1);
    expect(stdout).toContain('VRP_PORT="lots": expected');
    expect(stdout).toContain('VRP_MIN_DISK_SPACE_MB="-1": expected');
  });
});

describe('vrp start', () => {
  it('says where it is, in one line of JSON, and stops cleanly', async () => {
    await using stack = new AsyncDisposableStack();
    const server = await startVrp(folders, 0);
    stack.defer(() => server.kill());
    expect(server.loginUrl).toMatch(new RegExp(`^${server.baseUrl}/#login=[\\w-]{10,}$`));
    expect((await fetch(`${server.baseUrl}/api/health/ready`)).status).toBe(200);
    await expect.poll(() => server.log()).toContain('unsent takes');
    expect(await server.stop()).toBe(0);
    await expect(fetch(server.baseUrl)).rejects.toThrow();
    expect(await vrpJson('list')).toEqual({ items: [], nextCursor: null });
  });

  it('is followed by commands that open the library themselves once it was killed', async () => {
    const server = await startVrp(folders);
    await server.kill();
    expect(lines((await vrp('import', join(audio, 'one.wav'), '--json')).stdout)).toMatchObject([
      { status: 'stored' },
    ]);
  });
});

describe('vrp beside a server', () => {
  let server: Awaited<ReturnType<typeof startVrp>>;
  let served: VrpFolders;

  beforeAll(async () => {
    served = foldersIn(await mkdtemp(join(root, 'served-')));
    server = await startVrp(served);
  });

  beforeEach(() => {
    folders = served;
  });

  afterAll(() => server.kill());

  it('works as it does alone', async () => {
    const { stdout } = await vrp('import', audio, '-r', '--json');
    expect(lines(stdout).map(({ status }) => status)).toEqual(['stored', 'stored', 'stored']);
    const again = await vrp('import', join(audio, 'one.wav'), '--json');
    expect(lines(again.stdout)).toMatchObject([{ status: 'duplicate' }]);
    const { items } = await vrpJson<{ items: Recording[] }>('list');
    const [newest] = items;
    const token = (await vrp('token')).stdout.trim();
    await using events = await listenTo(server.baseUrl, token);
    const renamed = await vrpJson<Recording>('edit-info', newest!.id, '--title', 'Beside');
    expect(renamed.title).toBe('Beside');
    // An open page is told: the command wrote through the server.
    const told = () =>
      events.heard.flatMap((event) => (event.type === 'recording-changed' ? event.recording.title : []));
    await expect.poll(told).toContain('Beside');
    const undone = await vrpJson<Recording>('edit-info', newest!.id, '--undo', `${renamed.version}`);
    expect(undone.title).toBe(newest!.title);
    expect(await vrpJson('info', newest!.id, '--history')).toMatchObject({
      items: [{ by: 'owner', undoes: renamed.version }, { by: 'owner' }],
    });
    await vrp('edit-info', newest!.id, '--title', 'Beside');
    const answer = await fetch(`${server.baseUrl}/api/recordings?query=Beside`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect((await answer.json()) as { items: Recording[] }).toMatchObject({ items: [{ id: newest!.id }] });
    expect((await vrp('remove', newest!.id)).exitCode).toBe(0);
    expect((await vrpJson<{ items: Recording[] }>('trash')).items).toHaveLength(1);
    const added = (await vrp('token', 'add', 'phone', '--role', 'record')).stdout.trim();
    expect(added).toMatch(/^vrp_/);
    expect(await vrpJson('token', 'list')).toMatchObject({ items: [{ name: 'phone', role: 'record' }] });
    expect(await vrpJson('manifest')).toMatchObject({ count: items.length });
  });

  it('moves a file through it', async () => {
    const source = join(root, 'move-beside.wav');
    writeSound(source, 7);
    expect(lines((await vrp('import', source, '--move', '--json')).stdout)).toMatchObject([
      { status: 'stored' },
    ]);
    expect(existsSync(source)).toBe(false);
    const [kept] = (await vrpJson<{ items: Recording[] }>('list')).items;
    expect(kept?.filename).toBe('move-beside.wav');
    expect(existsSync(join(folders.dataDir, kept?.storedFilename ?? ''))).toBe(true);
  });

  it('is told by a second one who is there, and that a port is taken', async () => {
    const elsewhere = { ...folders, dataDir: `${folders.dataDir}-2` };
    const [second, taken] = await Promise.all([
      runVrp(folders, ['start', '--port', '0', '--json']),
      runVrp(elsewhere, ['start', '--port', String(server.port), '--json']),
    ]);
    expect(second.exitCode).toBe(1);
    expect(JSON.parse(second.stdout)).toMatchObject({
      error: { code: 'store-locked', message: expect.stringContaining(server.baseUrl) },
    });
    expect(taken.exitCode).toBe(1);
    expect(JSON.parse(taken.stdout)).toMatchObject({ error: { code: 'address-in-use' } });
  });
});

describe('vrp with settings that are not usable', () => {
  it('says which folder cannot be used', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    const { exitCode, stdout } = await runHere({ ...folders, dataDir: join(file, 'x') }, [
      'import',
      join(audio, 'one.wav'),
      '--json',
    ]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'store-not-writable' } });
    rmSync(file);
  });

  it('refuses an address that others can reach, and half of a certificate', async () => {
    const open = await runVrp(folders, ['start', '--host', '0.0.0.0', '--port', '0', '--json']);
    expect(JSON.parse(open.stdout)).toMatchObject({ error: { code: 'address-not-loopback' } });
    const half = await vrp('start', '--tls-cert', join(root, 'none.pem'), '--json');
    expect(JSON.parse(half.stdout)).toMatchObject({ error: { code: 'tls-invalid' } });
  });
});
