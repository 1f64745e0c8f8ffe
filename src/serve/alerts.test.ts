import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import type { Alert, Silence } from '../model/alert.ts';

let served: ServedRecorder;
beforeAll(async () => {
  served = await serveRecorder();
});
afterAll(() => served.close());

async function alerts(): Promise<{ items: Alert[]; silences: Silence[] }> {
  return (await (await served.ask('/api/alerts')).json()) as { items: Alert[]; silences: Silence[] };
}

async function isHealthy(wanted: boolean): Promise<void> {
  served.recorder.isHealthy = wanted;
  await served.ask('/api/health?fresh=true');
}

function send(path: string, method: string, body?: object): Promise<Response> {
  return served.ask(path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

describe('alerts over HTTP', () => {
  it('are listed, acknowledged by name, and ended by a person', async () => {
    expect(await alerts()).toEqual({ items: [], silences: [] });
    await isHealthy(false);
    const [alert] = (await alerts()).items;
    expect(alert).toMatchObject({
      check: 'memory-store',
      state: 'firing',
      severity: 'critical',
      remedy: 'Set isHealthy.',
    });
    const acknowledged = await send(`/api/alerts/${alert?.id}/acknowledge`, 'POST');
    expect(await acknowledged.json()).toMatchObject({ acknowledgedBy: 'owner' });
    const ended = await send(`/api/alerts/${alert?.id}/resolve`, 'POST');
    expect(await ended.json()).toMatchObject({ state: 'resolved' });
    const again = await send(`/api/alerts/${alert?.id}/resolve`, 'POST');
    expect(again.status).toBe(404);
    expect(await again.json()).toMatchObject({ code: 'alert-unknown' });
    await isHealthy(true);
  });

  it('are silenced for a time, which must be one', async () => {
    const answer = await send('/api/alerts/silences/memory-store', 'PUT', { minutes: 60 });
    expect(await answer.json()).toMatchObject({ check: 'memory-store', by: 'owner' });
    await isHealthy(false);
    expect((await alerts()).items[0]).toMatchObject({ isSilenced: true });
    expect(await (await send('/api/alerts/silences/memory-store', 'DELETE')).json()).toEqual({
      wasSilent: true,
    });
    expect(await (await send('/api/alerts/silences/memory-store', 'DELETE')).json()).toEqual({
      wasSilent: false,
    });
    for (const body of [{ minutes: 0 }, { minutes: 1e9 }, { minutes: '5' }, {}])
      expect((await send('/api/alerts/silences/memory-store', 'PUT', body)).status).toBe(400);
    expect((await send('/api/alerts/silences/Hostile%20name', 'PUT', { minutes: 5 })).status).toBe(400);
    await isHealthy(true);
  });

  it('are told at once to whoever listens', async () => {
    const stop = new AbortController();
    const listening = await served.ask('/api/events', { signal: stop.signal });
    const reader = listening.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    await isHealthy(false);
    while (!heard.includes('event: alert-changed')) heard += (await reader?.read())?.value ?? '';
    stop.abort();
    await isHealthy(true);
  });

  it('are tested by the owner, who learns that there is no place to send them to', async () => {
    expect(await (await send('/api/alerts/test', 'POST')).json()).toEqual({ outcomes: [] });
  });
});
