import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEEDED_TO_RECORD } from '../src/health/readiness.ts';
import { PRESETS } from '../src/model/preset.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { startServer } from '../src/serve/start-server.ts';
import { promtool, whyNoPromtool } from './promtool.ts';
import { readScrape, type Scraped } from './scraped.ts';

/* The files that operators take over: everything they ask for exists, and promtool agrees with them. */

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const rulesFile = join(root, 'ops/prometheus/vrp-rules.yml');
const rules = read('ops/prometheus/vrp-rules.yml');
const whyNot = whyNoPromtool();
if (whyNot) console.warn(`NOT TESTED: ${whyNot}`);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
const dashboard = JSON.parse(read('ops/grafana/vrp-dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
};
const graphs = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = graphs.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

let folder: string;
let scraped: Scraped;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-ops-'));
  await using recorder = await openStore(join(folder, 'store'));
  const settings = { recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0.0.0' };
  const server = await startServer(settings);
  const headers = { authorization: `Bearer ${await recorder.access.ownerToken()}` };
  scraped = readScrape(await (await fetch(`${server.baseUrl}/metrics`, { headers })).text());
  await server.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openStore(dataDir: string) {
  const overrides = { stateDir: join(folder, 'state') };
  const recorder = await openVoiceRecorder({ environment: 'testing', dataDir, overrides });
  return { ...recorder, [Symbol.asyncDispose]: () => recorder.close() };
}

/** Metrics that an expression or text asks for, and that no scrape has. */
function unknownMetrics(text: string): string[] {
  const asked = text.match(/\b(?:vrp|process|nodejs)_[a-z_]*[a-z]\b/g) ?? [];
  const isKnown = (name: string) => {
    const [, base = '', ending] = /^(.*?)(?:_(bucket|sum|count))?$/.exec(name) ?? [];
    return scraped.types.has(name) || (ending !== undefined && scraped.types.get(base) === 'histogram');
  };
  return [...new Set(asked)].filter((name) => !isKnown(name));
}

describe('the alert rules', () => {
  it('ask only for metrics, checks and presets that there are', () => {
    expect(scraped.types.size).toBeGreaterThan(40);
    expect(unknownMetrics('vrp_nothing_total')).toEqual(['vrp_nothing_total']);
    expect(unknownMetrics(rules)).toEqual([]);
    const needed = [...rules.matchAll(/check!?[=~]+"([^"]+)"/g)].map((match) => match[1]?.split('|').sort());
    expect(needed).toEqual([[...NEEDED_TO_RECORD].sort(), [...NEEDED_TO_RECORD].sort()]);
    for (const [, preset] of rules.matchAll(/preset="(\w+)"/g)) {
      expect(PRESETS.map(({ id }) => id as string)).toContain(preset);
    }
  });

  it('each say what is the matter and what to do, how bad it is, and have a test', () => {
    const tests = read('ops/prometheus/vrp-rules.test.yml');
    const alerts = rules.split('- alert: ').slice(1);
    expect(alerts.length).toBeGreaterThan(10);
    for (const alert of alerts) {
      const name = alert.split('\n')[0] ?? '';
      expect(alert, name).toMatch(/summary: '[^']{20,}\.'\n\s+remedy: '[^']{20,}\.'/);
      expect(alert, name).toMatch(/severity: (critical|warning) /);
      expect(tests, name).toContain(`alertname="${name}"`);
    }
  });

  it.skipIf(whyNot)('are sound, fire when they should, and resolve', () => {
    expect(promtool(['check', 'rules', '--lint-fatal', rulesFile])).toMatchObject({ status: 0 });
    const tested = promtool(['test', 'rules', join(root, 'ops/prometheus/vrp-rules.test.yml')]);
    expect(tested.said).toContain('SUCCESS');
    expect(tested.status).toBe(0);
  });

  it.skipIf(whyNot)('are found by the scrape configuration of the example', () => {
    const token = join(folder, 'token');
    writeFileSync(token, 'vrp_x');
    const example = read('ops/prometheus/scrape-example.yml')
      .replace('/etc/prometheus/vrp-token', token)
      .replace('- vrp-rules.yml', `- ${rulesFile}`);
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, example);
    expect(promtool(['check', 'config', file])).toMatchObject({ status: 0 });
    // Rules that name the job are about the job that is scraped.
    const job = /job_name: (\S+)/.exec(example)?.[1];
    const named = [...rules.matchAll(/job="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(named)).toEqual(new Set([job]));
  });
});

describe('the dashboard', () => {
  it('has its rows, and asks only for metrics that there are, at the source that was chosen', () => {
    const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual(['Overview', 'Capacity', 'HTTP', 'Sessions', 'Jobs', 'Process']);
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
    for (const { title, targets = [], datasource } of graphs) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { uid } of [datasource, ...targets.map((target) => target.datasource)].filter(
        (one) => !!one,
      )) {
        expect(uid, title).toMatch(/^\$\{datasource\}$/);
      }
    }
    expect(unknownMetrics(JSON.stringify(dashboard).replaceAll('\\n', ' '))).toEqual([]);
  });

  it('has panels with ids of their own that lie beside and below each other', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.get(`${x},${y}`), `${title} lies on another panel`).toBeUndefined();
          taken.set(`${x},${y}`, title);
        }
      }
    }
  });

  it.skipIf(whyNot)('has expressions that Prometheus can read', () => {
    const asRules = expressions.map((expr, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|instance)/g, '.+'),
    }));
    expect(asRules.length).toBeGreaterThan(30);
    const file = join(folder, 'panels.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: asRules }] }));
    expect(promtool(['check', 'rules', file])).toMatchObject({ status: 0 });
  });
});

describe('the guide', () => {
  it('explains every metric of ours, and none that there is not', () => {
    const guide = read('docs/monitoring.md');
    const ours = [...scraped.types.keys()].filter((name) => name.startsWith('vrp_'));
    expect(ours.filter((name) => !guide.includes(`\`${name}`))).toEqual([]);
    expect(unknownMetrics(guide.replaceAll(/`(?:process|nodejs)_\*`/g, ''))).toEqual([]);
  });
});
