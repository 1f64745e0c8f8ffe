// The server of bench/catalogue.ts: a store whose catalogue is filled first, where it is not full already.
// node bench/server-catalogue.ts FOLDER ROWS [DATABASE_URL]
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownRecordings } from '../src/catalogue/known-recordings.ts';
import { RecordingRepository } from '../src/catalogue/recording-repository.ts';
import { systemClock } from '../src/model/clock.ts';
import type { Recording } from '../src/model/recording.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { startServer } from '../src/serve/start-server.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { benchRecording, fillSqlite } from './catalogue-rows.ts';
import { fillPostgres } from './fill-postgres.ts';

const WRITES_PER_SECOND = 500;
const WRITE_EVERY_MS = 20;
// Made before the clock runs: in a library others make them.
const MADE_AHEAD = 30_000;

const [folder = '', rows = '0', databaseUrl] = process.argv.slice(2);
const overrides = {
  stateDir: `${folder}/state`,
  ...(databaseUrl === undefined ? {} : { databaseUrl }),
};
let { recorder, openedMs } = await open();
let { known, written } = await look();
if (written < Number(rows)) {
  const tell = (entered: number) => {
    if (entered % 20_000 === 0) console.log(`${entered} of ${rows} recordings`);
  };
  if (databaseUrl === undefined) {
    await recorder.close();
    await fillSqlite(`${folder}/store/catalogue.sqlite`, recorder.storeId, Number(rows), written, tell);
  } else {
    await recorder.close();
    await fillPostgres(databaseUrl, recorder.storeId, Number(rows), written, tell);
  }
  ({ recorder, openedMs } = await open());
  ({ known, written } = await look());
}
const server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0' });
let isWriting = false;
let made: Recording[] = [];
let writtenNow = 0;
let wroteFromMs = 0;

process.on('message', (wish: 'usage' | 'write' | 'rest' | 'close') => {
  if (wish === 'usage') {
    const { user, system } = process.cpuUsage();
    process.send?.({ rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 });
  }
  if (wish === 'write') void writeOn();
  if (wish === 'rest') {
    isWriting = false;
    process.send?.({ count: writtenNow, seconds: (performance.now() - wroteFromMs) / 1000 });
  }
  if (wish === 'close')
    void server
      .close()
      .then(() => recorder.close())
      .then(() => process.disconnect());
});
process.send?.({ port: server.port, token: await recorder.access.ownerToken(), openedMs });

async function writeOn(): Promise<void> {
  makeAhead(MADE_AHEAD);
  isWriting = true;
  writtenNow = 0;
  wroteFromMs = performance.now();
  for (let turn = performance.now(); isWriting; turn += WRITE_EVERY_MS) {
    await sleep(Math.max(0, turn + WRITE_EVERY_MS - performance.now()));
    await writeDue();
  }
}

/** Received from now on, one after the other. */
function makeAhead(count: number): void {
  const now = Date.now();
  made = Array.from({ length: count }, (_, index) =>
    benchRecording(written + index, now + (1000 * index) / WRITES_PER_SECOND),
  );
  written += count;
}

/** What has come since the last time: more at a time where writing is slow, as with recordings that wait in line. */
async function writeDue(): Promise<void> {
  const dueCount = Math.floor(((performance.now() - wroteFromMs) / 1000) * WRITES_PER_SECOND);
  const count = dueCount - writtenNow;
  if (made.length < count) makeAhead(Math.max(count, MADE_AHEAD));
  await known.put(made.splice(0, count).map((recording) => ({ recording })));
  writtenNow += count;
}

async function open(): Promise<{ recorder: VoiceRecorder; openedMs: number }> {
  const beganAtMs = performance.now();
  const recorder = await openVoiceRecorder({
    environment: 'production',
    dataDir: `${folder}/store`,
    overrides,
    runsJobs: false,
  });
  return { recorder, openedMs: performance.now() - beganAtMs };
}

async function look(): Promise<{ known: KnownRecordings; written: number }> {
  const { contextManager, storeId } = recorder;
  const recordings = new RecordingRepository(contextManager, systemClock, storeId);
  const { recordingCount } = await recordings.totals();
  return { known: new KnownRecordings(contextManager, storeId), written: recordingCount };
}
