import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/model/clock.ts';
import type { Recording } from '../../src/model/recording.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { startVrp } from '../vrp-process.ts';
import { seriousFindings } from './accessibility.ts';
import { findChromium, PATIENCE_MS } from './chromium.ts';
import { pressRecord } from './press-record.ts';
import { recordedFor, shownAtLeast, shownSeconds } from './shown-seconds.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

describe.skipIf(!found)('takes that only the browser has (skipped without Chromium)', () => {
  let studio: Studio;
  let page: Page;
  let context: BrowserContext;

  const open = async () => {
    studio = await openStudio(found!, 90);
    ({ page, context } = studio);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await vi.waitUntil(() => page.evaluate(HAS_SERVICE_WORKER), { timeout: PATIENCE_MS, interval: 200 });
    page.on('dialog', (dialog) => void dialog.accept().catch(() => undefined));
    // Past the first-run page, whichever story is told first.
    await pressRecord(page);
    await page.getByTestId('safe').filter({ hasText: /[1-9]/ }).waitFor();
    await page.getByRole('textbox', { name: 'Title', exact: true }).fill('Before');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
  };
  beforeAll(open);
  afterAll(() => studio?.close());
  afterEach(async ({ task }) => {
    // A story that failed half-way must not take the next ones with it.
    if (task.result?.state !== 'fail') return;
    await studio.close();
    await open();
  });

  it('are recorded, played, saved and discarded without a server, and sent later in order', async () => {
    await studio.server.kill();
    await context.setOffline(true);
    await page.goto(studio.server.baseUrl);
    await recordTake(page, 'First', 3);
    await recordTake(page, 'Second', 2);
    await recordTake(page, 'Third', 2);
    await page.goto(`${studio.server.baseUrl}/recovery`);
    await eventually(() => titles(page)).toEqual(['Third', 'Second', 'First']);
    await eventually(() => page.getByText('Waits').count()).toBe(3);
    expect(await seriousFindings(page)).toEqual([]);

    const first = row(page, 'First');
    await first.getByRole('button', { name: 'Play' }).click();
    await eventually(() => positionOf(page)).toBeGreaterThan(0.5);
    expect(await seriousFindings(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      first.getByRole('button', { name: 'Save as file' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('First.ogg');
    expect((await readFile(await download.path())).subarray(0, 4).toString()).toBe('OggS');

    await row(page, 'Second').getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('button', { name: 'Discard …' }).click();
    await page.getByRole('heading', { name: /^Discard “Second”, .+, for good\?$/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: /^Yes, discard \d/ }).click();
    await eventually(() => titles(page)).toEqual(['Third', 'First']);

    studio.server = await startVrp(studio.folders, studio.server.port);
    await context.setOffline(false);
    await page.getByText('everything is on the server').waitFor();
    const recordings = await studio.recordings();
    const byReceipt = [...recordings].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(byReceipt.map(({ title }) => title)).toEqual(['Before', 'First', 'Third']);
    expect(recordings.find(({ title }) => title === 'First')?.duration).toBeGreaterThan(2);
  });

  it('go on when the session ends in mid-take, and are sent once somebody signed in again', async () => {
    await page.goto(studio.server.baseUrl);
    await begin(page, 'Signed out');
    await context.clearCookies();
    await page.getByText('You are signed out.').waitFor();
    const before = await shownSeconds(page, 'captured');
    await recordedFor(page, before + 2);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Or sign in with a token' }).fill(studio.token);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('You are signed out.').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    const recording = await named('Signed out');
    expect(recording.duration).toBeGreaterThan(before);
    expect(recording.segment).toBe(0);
  });

  it('run in one tab at a time; others show them, and take over what a closed tab left', async () => {
    const other = await context.newPage();
    await other.goto(studio.server.baseUrl);
    await page.goto(studio.server.baseUrl);
    for (const tab of [page, other]) await tab.getByRole('button', { name: 'Record', exact: true }).waitFor();
    // Both at the same moment: one gets it, the other says why not.
    await Promise.all([page.keyboard.press('r'), other.keyboard.press('r')]);
    await eventually(async () => (await stops(page)) + (await stops(other))).toBe(1);
    const [owner, watcher] = (await stops(page)) === 1 ? [page, other] : [other, page];
    await owner.getByRole('textbox', { name: 'Title', exact: true }).fill('Only here');
    await watcher.getByRole('heading', { name: 'Another tab of this browser is recording' }).waitFor();
    await watcher.getByText('Only here').waitFor();
    await watcher.getByText(/Captured \d+:(0[2-9]|[1-5]\d)/).waitFor();
    await eventually(() => watcher.getByRole('button', { name: /^Record/ }).isDisabled()).toBe(true);
    expect(await seriousFindings(watcher)).toEqual([]);
    // The mark goes after a while.
    await owner.evaluate(`void (globalThis.marked = new Promise((resolve) => {
      const look = () => document.title.includes('●●●') && resolve(true);
      new MutationObserver(look).observe(document.head, { childList: true, characterData: true, subtree: true });
    }))`);
    await watcher.getByRole('button', { name: 'Mark that tab' }).click();
    expect(await owner.evaluate('marked')).toBe(true);

    await studio.server.kill();
    await owner.getByRole('button', { name: 'Stop', exact: true }).click();
    await owner.getByRole('heading', { name: 'Kept in this browser' }).waitFor();
    await owner.close();
    page = watcher;
    await watcher.goto(`${studio.server.baseUrl}/recovery`);
    await row(watcher, 'Only here').getByText('Waits for the server').waitFor();
    studio.server = await startVrp(studio.folders, studio.server.port);
    await watcher.getByText('everything is on the server').waitFor();
    await named('Only here');
  });

  it('keep the page’s version: a newer one waits until no tab records, and the old page finishes its upload', async () => {
    await page.goto(studio.server.baseUrl);
    await begin(page, 'During an upgrade');
    const other = await context.newPage();
    await other.goto(studio.server.baseUrl);
    await other.getByRole('heading', { name: 'Another tab of this browser is recording' }).waitFor();
    await studio.server.kill();
    await using upgraded = await serveShell(studio.server.port, 'upgraded');
    await other.evaluate(
      `navigator.serviceWorker.getRegistration().then((known) => known.update()).then(() => null)`,
    );
    await eventually(() => isWaiting(other)).toBe(true);
    // Also a page that does not know of the take cannot make it take over.
    await other.evaluate(`navigator.serviceWorker.getRegistration().then((known) => {
      known.waiting.postMessage({ type: 'activate' });
    })`);
    const before = await shownSeconds(page, 'captured');
    await recordedFor(page, before + 2);
    expect(await isWaiting(other)).toBe(true);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await eventually(() => isWaiting(other)).toBe(false);
    expect(await other.evaluate('caches.keys()')).toContain('vrp-shell-upgraded');
    await upgraded.close();
    studio.server = await startVrp(studio.folders, studio.server.port);
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    await other.close();
  });

  it('reach the server whole although the browser’s storage is exhausted', async () => {
    const origin = new URL(studio.server.baseUrl).origin;
    const devtools = await context.newCDPSession(page);
    await page.goto(studio.server.baseUrl);
    await page.getByText(/in this browser \(.* used\)/).waitFor();
    const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin });
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 1 });
    await begin(page, 'No room', 'safe');
    await page.getByText('This browser could not write to its own storage').waitFor();
    // What was on its way to the disk by then is shown a moment later.
    await shownAtLeast(page, 'safe', (await shownSeconds(page, 'captured')) + 1.5);
    const onDisk = await shownSeconds(page, 'captured');
    await shownAtLeast(page, 'safe', onDisk + 4);
    // What only memory and the server have is not called captured.
    expect(await shownSeconds(page, 'captured')).toBe(onDisk);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    await devtools.send('Storage.overrideQuotaForOrigin', { origin });
    const recording = await named('No room');
    expect(recording.duration).toBeGreaterThan(onDisk + 3);
    expect((await studio.hear(recording)).correlation).toBeGreaterThan(0.99);
  });

  it('complete what the server recovered from them meanwhile, after a week, read from an old manifest', async () => {
    await page.goto(studio.server.baseUrl);
    await begin(page, 'A week ago');
    await shownAtLeast(page, 'safe', 3);
    await studio.server.kill();
    const atKill = await shownSeconds(page, 'safe');
    await recordedFor(page, atKill + 3);
    await page.goto('about:blank');
    await adoptAsAfterDays(8);
    studio.server = await startVrp(studio.folders, studio.server.port);
    const recovered = (await studio.recordings()).find(({ title }) => title?.startsWith('Recovered'));

    await page.goto(`${studio.server.baseUrl}/manifest.webmanifest`);
    const uploadUrl = await page.evaluate<string>(MAKE_MANIFEST_OLD);
    await page.goto(`${studio.server.baseUrl}/recovery`);
    await page.getByText('everything is on the server').waitFor();
    const whole = await named('A week ago');
    expect((await studio.recordings()).filter(({ title }) => title?.startsWith('Recovered'))).toEqual([]);
    expect(uploadUrl.endsWith(whole.id)).toBe(true);
    expect(whole.duration).toBeGreaterThan(recovered!.duration!);
    expect((await studio.hear(whole)).correlation).toBeGreaterThan(0.99);
    const quarantined = await readdir(join(studio.folders.dataDir, 'quarantine'), { recursive: true });
    expect(quarantined.join()).toContain(recovered!.id.slice(-12));
  });

  /** The one recording of that title; what was written during a take may reach it a moment after its last byte. */
  async function named(wanted: string): Promise<Recording> {
    const find = async () => (await studio.recordings()).filter(({ title }) => title === wanted);
    await eventually(async () => (await find()).length).toBe(1);
    return (await find())[0]!;
  }

  /** What the hourly rounds of a server do, once its clock is so many days later. */
  async function adoptAsAfterDays(days: number): Promise<void> {
    const intervals = vi.spyOn(globalThis, 'setInterval');
    try {
      const recorder = await openVoiceRecorder({
        environment: 'testing',
        dataDir: studio.folders.dataDir,
        overrides: { stateDir: studio.folders.stateDir },
        clock: { ...systemClock, nowMs: () => Date.now() + days * DAY_MS },
      });
      const hourly = intervals.mock.calls.filter(([, everyMs]) => everyMs === HOUR_MS);
      await eventually(async () => {
        for (const [round] of hourly) round();
        const { items } = await recorder.library.list({});
        return items.some(({ title }) => title?.startsWith('Recovered'));
      }).toBe(true);
      await recorder.close();
    } finally {
      intervals.mockRestore();
    }
  }
});

const HAS_SERVICE_WORKER =
  'navigator.serviceWorker.getRegistration().then((known) => Boolean(known && known.active))';

/**
 * Rewrites the one manifest of this browser as version 0.1.0 wrote it, a week ago; resolves to the address of the
 * upload it names.
 */
const MAKE_MANIFEST_OLD = `(async () => {
  const takes = await (await navigator.storage.getDirectory()).getDirectoryHandle('takes');
  let uploadUrl = '';
  for await (const folder of takes.values()) {
    for (const name of ['take.0.json', 'take.1.json']) {
      const handle = await folder.getFileHandle(name);
      const envelope = JSON.parse(await (await handle.getFile()).text());
      const { takeId, title, tags, notes, startedAt, zone, presetId, phase, segments } = envelope.manifest;
      const touchedAt = new Date(Date.now() - 7 * 86400000).toISOString();
      const entries = segments.map((entry) => ({
        segment: entry.segment, filename: entry.filename, startedAt: entry.startedAt, uploadUrl: entry.uploadUrl,
        isComplete: entry.isComplete, sizeBytes: entry.sizeBytes, sha256: entry.sha256,
        durationSeconds: entry.durationSeconds, isSent: entry.isSent, recordingId: entry.recordingId,
        told: entry.told, refusal: entry.refusal,
      }));
      uploadUrl = entries[0].uploadUrl ?? uploadUrl;
      const manifest = {
        takeId, title, tags, notes, startedAt, zone, presetId, phase, touchedAt, segments: entries,
      };
      const text = JSON.stringify(manifest);
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
      const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
      const writable = await handle.createWritable();
      await writable.write(JSON.stringify({ sequence: envelope.sequence, sha256, manifest }));
      await writable.close();
    }
  }
  return uploadUrl;
})()`;

function isWaiting(page: Page): Promise<boolean> {
  return page.evaluate('navigator.serviceWorker.getRegistration().then((known) => known.waiting !== null)');
}

/** Serves the built page as a next version of the server would, and no API. */
async function serveShell(port: number, version: string) {
  const folder = fileURLToPath(new URL('../../dist/web', import.meta.url));
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://shell').pathname;
    const file = join(folder, path === '/' ? 'index.html' : path);
    readFile(file).then(
      (bytes) => {
        const isWorker = path === '/service-worker.js';
        const body = isWorker
          ? bytes.toString().replace(/SHELL_VERSION = '\w+'/, `SHELL_VERSION = '${version}'`)
          : bytes;
        response.setHeader('content-type', TYPES[extname(path)] ?? 'text/html');
        response.setHeader('cross-origin-embedder-policy', 'require-corp');
        response.end(body);
      },
      () => {
        response.statusCode = 503;
        response.end();
      },
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { close, [Symbol.asyncDispose]: close };
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** What a browser on a busy machine shows in the end. */
function eventually<Value>(look: () => Value | Promise<Value>) {
  return expect.poll(look, { timeout: PATIENCE_MS, interval: 100 });
}

async function begin(page: Page, title: string, sign: 'captured' | 'safe' = 'captured'): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await pressRecord(page);
  await page.getByRole('textbox', { name: 'Title', exact: true }).fill(title);
  await page.getByRole('textbox', { name: 'Title', exact: true }).blur();
  await shownAtLeast(page, sign, 1);
}

async function recordTake(page: Page, title: string, wanted: number): Promise<void> {
  await begin(page, title);
  await recordedFor(page, wanted);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('heading', { name: 'Kept in this browser' }).waitFor();
}

function stops(page: Page): Promise<number> {
  return page.getByRole('button', { name: 'Stop', exact: true }).count();
}

function row(page: Page, title: string) {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}

function titles(page: Page): Promise<string[]> {
  return page.getByRole('main').getByRole('heading', { level: 2 }).allInnerTexts();
}

async function positionOf(page: Page): Promise<number> {
  return Number(await page.getByRole('slider', { name: 'Position' }).inputValue());
}
