// A library of a million recordings over HTTP: pages in every order, filters, searches, beside the same rows by raw SQL
// in the same run; then once more while 500 recordings a second are written. The library is made in FOLDER (some
// minutes) and kept there, for the next run. With a database URL it is in PostgreSQL, else in SQLite.
// node bench/catalogue.ts FOLDER [rows] [DATABASE_URL] [requests of each kind]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { listParameters } from '../src/model/list-parameters.ts';
import { RECORDING_ORDERS, type RecordingPage, type RecordingQuery } from '../src/model/recording.ts';
import { wordOf } from './catalogue-rows.ts';

const PAGE_P95_TO_REACH_MS = 5;
const SEARCH_P95_TO_REACH_MS = 25;
const WARM_UP_REQUESTS = 40;
const SCHEMA = 'voice_recorder';
const RAW_PAGE = `SELECT * FROM recordings WHERE shelf = 'library' ORDER BY created_at DESC, id DESC LIMIT 50`;

const [folder = '', rows = '1000000', url = '', asked = '100'] = process.argv.slice(2);
if (folder === '') {
  console.error('usage: node bench/catalogue.ts FOLDER [rows] [DATABASE_URL] [requests of each kind]');
  process.exit(2);
}
const requests = Number(asked);

const PAGES: readonly (readonly [string, RecordingQuery])[] = [
  ...RECORDING_ORDERS.filter((order) => order !== 'relevance').map(
    (order) => [`order ${order}`, { order }] as const,
  ),
  ['grouped', { isGrouped: true }],
  ['tag, common', { tag: 'topic 0' }],
  ['tag, by title', { tag: 'topic 12', order: 'title' }],
  ['format, common, by size', { format: 'wav', order: 'largest' }],
  ['format, rare, by title', { format: 'amr_nb', order: 'title' }],
  ['with remarks', { hasWarnings: true }],
  ['half an hour and longer', { minDuration: 1_800 }],
  ['one month of 2021', { from: '2021-03-01', to: '2021-03-31' }],
  ['imported, 2019 to 2024', { kind: 'file', from: '2019-01-01', to: '2024-12-31' }],
];
const SEARCHES: readonly (readonly [string, RecordingQuery])[] = [
  ['a rare word', { query: `${wordOf(25_000)} ` }],
  ['a common word', { query: `${wordOf(1)} ` }],
  ['a beginning', { query: wordOf(40).slice(0, 4) }],
  ['a beginning of two letters', { query: 'st' }],
  ['words in a row', { query: `"${wordOf(0)} ${wordOf(2)}"` }],
  ['three words', { query: `${wordOf(1)} ${wordOf(9)} ${wordOf(60)} ` }],
  ['a common word without another', { query: `${wordOf(2)} -${wordOf(0)}` }],
  ['a misspelt word', { query: misspelt(wordOf(5_000)) }],
];
const SLOWER: readonly (readonly [string, RecordingQuery])[] = [
  ['a common word, best first', { query: `${wordOf(1)} `, order: 'relevance' }],
  ['a rare word, by title', { query: `${wordOf(2_000)} `, order: 'title' }],
  ['a common word with remarks', { query: `${wordOf(1)} `, hasWarnings: true }],
];

const script = fileURLToPath(new URL('./server-catalogue.ts', import.meta.url));
const child = fork(script, [folder, rows, ...(url === '' ? [] : [url])], {
  env: { ...process.env, UV_THREADPOOL_SIZE: '64' },
});
const { port, token, openedMs } = await heard<{ port: number; token: string; openedMs: number }>(child);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const first = await ask({});
console.log(
  `${rows} recordings in ${url === '' ? 'SQLite' : 'PostgreSQL'}, ${requests} requests of each kind`,
);
console.log(`opened in ${openedMs.toFixed(0)} ms, first page after that in ${first.ms.toFixed(1)} ms`);
const raw = await openRaw();
await warmUp();
await round();
console.log(`memory of the server: ${((await usage()).rssBytes / 1e6).toFixed(0)} MB`);
child.send('write');
console.log('\nwhile 500 recordings a second are written');
await round();
child.send('rest');
const { count, seconds } = await heard<{ count: number; seconds: number }>(child);
console.log(`\n${(count / seconds).toFixed(0)} recordings a second were written, ${count} of them`);
await raw.close();
child.send('close');
await once(child, 'exit');

/** A server that runs for a while has compiled what it runs often; of one that was just started the first lines tell. */
async function warmUp(): Promise<void> {
  for (const [, query] of [...PAGES, ...SEARCHES]) await pageThrough(query, WARM_UP_REQUESTS);
}

async function round(): Promise<void> {
  const rawTimes: number[] = [];
  for (let turn = 0; turn < requests; turn++) rawTimes.push(await raw.page());
  show('raw SQL: the newest 50', rawTimes);
  const pageTimes = [];
  for (const [name, query] of PAGES) pageTimes.push(...(await measure(name, query)));
  show(`all pages (to reach: p95 <= ${PAGE_P95_TO_REACH_MS} ms)`, pageTimes);
  const searchTimes = [];
  for (const [name, query] of SEARCHES) searchTimes.push(...(await measure(name, query)));
  show(`all searches (to reach: p95 <= ${SEARCH_P95_TO_REACH_MS} ms)`, searchTimes);
  for (const [name, query] of SLOWER) await measure(name, query);
}

async function measure(name: string, query: RecordingQuery): Promise<number[]> {
  const before = (await usage()).cpuMs;
  const { times, shown } = await pageThrough(query, requests);
  const cpuMs = ((await usage()).cpuMs - before) / requests;
  show(`${name} (${(shown / requests).toFixed(0)} a page)`, times, `, ${cpuMs.toFixed(1)} ms of CPU`);
  return times;
}

/** Reads page after page, and begins again at the end of the list. */
async function pageThrough(
  query: RecordingQuery,
  count: number,
): Promise<{ times: number[]; shown: number }> {
  const times: number[] = [];
  let cursor: string | null = null;
  let shown = 0;
  for (let turn = 0; turn < count; turn++) {
    const { page, ms } = await ask({ ...query, ...(cursor === null ? {} : { cursor }) });
    times.push(ms);
    cursor = page.nextCursor;
    shown += page.items.length;
  }
  return { times, shown };
}

function ask(query: RecordingQuery): Promise<{ page: RecordingPage; ms: number }> {
  const path = `/api/recordings?${listParameters(query)}`;
  const beganAtMs = performance.now();
  return new Promise((resolve, reject) => {
    get({ port, path, agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const ms = performance.now() - beganAtMs;
        const text = Buffer.concat(parts).toString();
        if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode} ${text}`));
        else resolve({ page: JSON.parse(text) as RecordingPage, ms });
      });
    }).on('error', reject);
  });
}

interface RawDatabase {
  /** Milliseconds for the newest page. */
  page(): Promise<number>;
  close(): Promise<void>;
}

async function openRaw(): Promise<RawDatabase> {
  if (url === '') {
    const database = new DatabaseSync(`${folder}/store/catalogue.sqlite`, { readOnly: true });
    const select = database.prepare(RAW_PAGE);
    return {
      page: async () => timed(() => Promise.resolve(select.all())),
      close: async () => database.close(),
    };
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SET search_path TO ${SCHEMA}`);
  return { page: () => timed(() => client.query(RAW_PAGE)), close: () => client.end() };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganAtMs = performance.now();
  await work();
  return performance.now() - beganAtMs;
}

/** Memory and processor time of the server; the latter says more on a machine that others use, too. */
async function usage(): Promise<{ rssBytes: number; cpuMs: number }> {
  child.send('usage');
  return await heard(child);
}

async function heard<Message>(from: ChildProcess): Promise<Message> {
  const [message] = await once(from, 'message');
  return message as Message;
}

function show(name: string, times: readonly number[], more = ''): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1).padStart(7);
  console.log(`${name.padEnd(48)} p50 ${at(0.5)}  p95 ${at(0.95)}  max ${at(1)} ms${more}`);
}

/** Two of its letters that differ change places, the first of them not before the third. */
function misspelt(word: string): string {
  const letters = [...word];
  const at = letters.findIndex((letter, index) => index >= 2 && letter !== letters[index + 1]);
  const [one = '', other = ''] = letters.splice(at, 2);
  return `${letters.toSpliced(at, 0, other, one).join('')} `;
}
