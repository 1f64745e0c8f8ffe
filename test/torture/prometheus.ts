import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { quietPort } from '../../src/crashtest/quiet-port.ts';
import { openLog, stderrTarget } from '../../src/log/open-log.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { startServer } from '../../src/serve/start-server.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';

const RULES = fileURLToPath(new URL('../../ops/prometheus/vrp-rules.yml', import.meta.url));
const EXPECTED = 'VrpBreakerOpen';
/** The rule waits for a minute; the rest is for a machine that is busy. */
const PATIENCE_MS = 5 * 60_000;

export interface PrometheusReport {
  readonly version: string;
  readonly seriesCount: number;
  readonly longestScrapeSeconds: number;
  /** From taking the database away to the alert, and from putting it back to its end. */
  readonly firesAfterSeconds: number;
  readonly resolvesAfterSeconds: number;
  readonly alsoFired: readonly string[];
  readonly broken: readonly string[];
}

/** An installed Prometheus with the rules as they are shipped scrapes a server, whose database goes and comes back. */
export async function run(): Promise<PrometheusReport | { skipped: string; broken: readonly string[] }> {
  const asked = spawnSync('prometheus', ['--version'], { encoding: 'utf8' });
  if (asked.status !== 0) {
    const skipped = 'Prometheus is not installed (Debian: apt install prometheus): NOTHING WAS TRIED.';
    console.warn(skipped);
    return { skipped, broken: [] };
  }
  const version = /version (\S+)/.exec(`${asked.stdout}${asked.stderr}`)?.[1] ?? 'unknown';
  const home = await mkdtemp(join(tmpdir(), 'vrp-prometheus-'));
  let scraper: ChildProcess | undefined;
  try {
    const store = await openStore(home);
    try {
      const port = await quietPort();
      scraper = await startPrometheus(home, port, store);
      return { version, ...(await takeAway(store, `http://127.0.0.1:${port}`)) };
    } finally {
      await store.close();
    }
  } finally {
    if (scraper?.exitCode === null) {
      scraper.kill();
      await once(scraper, 'exit');
    }
    await rm(home, { recursive: true, force: true });
  }
}

interface Store {
  readonly file: string;
  readonly address: string;
  readonly token: string;
  /** Tries to change something; what is answered. */
  change(): Promise<number>;
  close(): Promise<void>;
}

async function openStore(home: string): Promise<Store> {
  const dataDir = join(home, 'store');
  const recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir,
    overrides: { stateDir: join(home, 'state'), healthSeconds: 5 },
  });
  const logger = openLog({ targets: [stderrTarget('silent')] });
  const settings = { recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0.0.0', logger };
  const server = await startServer(settings);
  const sound = join(home, 'Harbour.wav');
  writeWav(sound, voiceSamples(1, 8_000, 1), 8_000);
  const { id = '' } = await recorder.library.importFile(sound);
  const owner = await recorder.access.ownerToken();
  return {
    file: join(dataDir, 'catalogue.sqlite'),
    address: `127.0.0.1:${server.port}`,
    token: await recorder.access.addToken('prometheus', 'metrics'),
    change: async () => {
      const headers = { authorization: `Bearer ${owner}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ notes: `${Date.now()}` });
      return (await fetch(`${server.baseUrl}/api/recordings/${id}`, { method: 'PATCH', headers, body }))
        .status;
    },
    close: async () => {
      await server.close();
      await recorder.close();
    },
  };
}

async function startPrometheus(home: string, port: number, { address, token }: Store): Promise<ChildProcess> {
  const tokenFile = join(home, 'token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  const target = {
    job_name: 'voice-recorder-pro',
    authorization: { credentials_file: tokenFile },
    static_configs: [{ targets: [address] }],
  };
  const config = {
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
    rule_files: [RULES],
    scrape_configs: [target],
  };
  const file = join(home, 'prometheus.yml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  const places = [`--config.file=${file}`, `--storage.tsdb.path=${join(home, 'tsdb')}`];
  const child = spawn(
    'prometheus',
    [...places, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  await until('Prometheus to answer', async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}.`);
    return (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true;
  });
  return child;
}

async function takeAway(store: Store, prometheus: string): Promise<Omit<PrometheusReport, 'version'>> {
  const value = async (query: string): Promise<number | undefined> => {
    const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await answer.json()) as { data: { result: readonly { value: [number, string] }[] } };
    const [found] = data.result;
    return found && Number(found.value[1]);
  };
  const firing = async (): Promise<readonly string[]> => {
    const { data } = (await (await fetch(`${prometheus}/api/v1/alerts`)).json()) as {
      data: { alerts: readonly { state: string; labels: { alertname: string } }[] };
    };
    return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  };
  const broken: string[] = [];
  await until('the first scrapes', async () => ((await value('sum_over_time(up[1m])')) ?? 0) >= 5);
  const seriesCount = (await value('scrape_samples_scraped')) ?? 0;
  const before = await firing();
  if (before.length > 0) broken.push(`alerts fired although nothing was wrong: ${before.join(', ')}`);

  const heard = new Set<string>();
  const goneMs = performance.now();
  await rename(store.file, `${store.file}-away`);
  await until(`${EXPECTED} to fire`, async () => {
    await store.change();
    for (const name of await firing()) heard.add(name);
    return heard.has(EXPECTED);
  });
  const firesAfterSeconds = seconds(goneMs);
  const backMs = performance.now();
  await rename(`${store.file}-away`, store.file);
  await until(
    'all alerts to end',
    async () => (await store.change()) === 200 && (await firing()).length === 0,
  );
  const resolvesAfterSeconds = seconds(backMs);
  if ((await value('min_over_time(up[15m])')) !== 1)
    broken.push('a scrape failed while the database was gone');
  const longestScrapeSeconds = (await value('max_over_time(scrape_duration_seconds[15m])')) ?? Number.NaN;
  heard.delete(EXPECTED);
  return {
    seriesCount,
    longestScrapeSeconds,
    firesAfterSeconds,
    resolvesAfterSeconds,
    alsoFired: [...heard],
    broken,
  };
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const beganMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - beganMs > PATIENCE_MS) throw new Error(`Waited in vain for ${what}.`);
    await wait(500);
  }
}

const seconds = (sinceMs: number) => Math.round((performance.now() - sinceMs) / 100) / 10;
