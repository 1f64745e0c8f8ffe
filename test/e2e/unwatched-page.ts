import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromiumArgs, type FoundChromium, PATIENCE_MS } from './chromium.ts';

/** A page that nobody looks into: a driver that follows the requests of a page keeps their bodies in its process. */
export interface UnwatchedPage {
  open(address: string): Promise<void>;
  evaluate<Result>(expression: string): Promise<Result>;
  /** Opens another tab before this one, as a person does who reads something else meanwhile. */
  hide(): Promise<void>;
  /** In the page and in all its workers. */
  collectGarbage(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: { readonly sessionId?: string };
}

export async function openUnwatchedPage(
  found: FoundChromium,
  profileFolder: string,
  { isShown = false, args = [] }: { readonly isShown?: boolean; readonly args?: readonly string[] } = {},
): Promise<UnwatchedPage> {
  const browser = spawn(
    found.program,
    [
      ...chromiumArgs(found),
      ...args,
      // Without a screen no tab is ever hidden.
      ...(isShown ? [] : ['--headless']),
      '--remote-debugging-port=0',
      `--user-data-dir=${profileFolder}`,
      'about:blank',
    ],
    { stdio: 'ignore', env: { ...process.env, TMPDIR: dirname(profileFolder) } },
  );
  const gone = once(browser, 'exit');
  const socket = new WebSocket(await addressOfPage(profileFolder));
  await once(socket, 'open');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const workers = new Set<string>();
  let lastId = 0;

  function send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(++lastId, answer);
    socket.send(JSON.stringify({ id: lastId, method, params, ...(sessionId ? { sessionId } : {}) }));
    return answer.promise;
  }

  /** A worker may be gone before it is asked anything. */
  const sendQuietly = (...request: Parameters<typeof send>) => send(...request).catch(() => {});
  const followWorkers = (sessionId?: string) =>
    sendQuietly(
      'Target.setAutoAttach',
      { autoAttach: true, waitForDebuggerOnStart: false, flatten: true },
      sessionId,
    );

  socket.onmessage = ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(String(data)) as Answer;
    const asker = waiting.get(id ?? 0);
    waiting.delete(id ?? 0);
    if (error) asker?.reject(new Error(error.message));
    else asker?.resolve(result);
    if (!params?.sessionId) return;
    if (method === 'Target.detachedFromTarget') workers.delete(params.sessionId);
    if (method !== 'Target.attachedToTarget') return;
    workers.add(params.sessionId);
    // Workers have workers.
    void followWorkers(params.sessionId);
  };
  await followWorkers();

  async function evaluate<Result>(expression: string): Promise<Result> {
    const { result, exceptionDetails } = (await send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value: Result }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails)
      throw new Error(exceptionDetails.exception?.description ?? `${expression} failed in the page.`);
    return result.value;
  }

  return {
    evaluate,
    async open(address) {
      await send('Page.navigate', { url: address });
      await within(() => evaluate<boolean>(`document.querySelector('h1') !== null`));
    },
    async hide() {
      const port = await portOf(profileFolder);
      await fetch(`http://127.0.0.1:${port}/json/new?about:blank`, { method: 'PUT' });
      await within(() => evaluate<boolean>(`document.visibilityState === 'hidden'`));
    },
    async collectGarbage() {
      await send('HeapProfiler.collectGarbage');
      for (const worker of workers) await sendQuietly('HeapProfiler.collectGarbage', {}, worker);
    },
    async close() {
      socket.close();
      browser.kill();
      await gone;
    },
  };
}

/** Chromium writes down where it listens. */
async function portOf(profileFolder: string): Promise<string | undefined> {
  return (await readFile(join(profileFolder, 'DevToolsActivePort'), 'utf8')).split('\n')[0];
}

async function addressOfPage(profileFolder: string): Promise<string> {
  let address: string | undefined;
  await within(async () => {
    const port = await portOf(profileFolder);
    const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const pages = targets as { type: string; webSocketDebuggerUrl: string }[];
    address = pages.find(({ type }) => type === 'page')?.webSocketDebuggerUrl;
    return address !== undefined;
  });
  return address ?? '';
}

async function within(isSo: () => Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  // While it starts, and while it changes from one document to the next, it answers nothing.
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > endsAtMs) throw new Error('The browser did not open its page in time.');
    await sleep(50);
  }
}
