import type { RecorderEvent } from '../src/model/recorder-event.ts';

/** What a server tells those who listen, from the moment this was opened. */
export interface LiveEvents extends AsyncDisposable {
  readonly heard: readonly RecorderEvent[];
}

/** Listens as a page does. */
export async function listenTo(baseUrl: string, token: string): Promise<LiveEvents> {
  const ending = new AbortController();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(new URL('/api/events', baseUrl), { headers, signal: ending.signal });
  if (!answer.ok || !answer.body) throw new Error(`The events were refused: ${answer.status}.`);
  const heard: RecorderEvent[] = [];
  const reading = read(answer.body.pipeThrough(new TextDecoderStream()), heard).catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  return {
    heard,
    [Symbol.asyncDispose]: () => {
      ending.abort();
      return reading;
    },
  };
}

async function read(text: ReadableStream<string>, heard: RecorderEvent[]): Promise<void> {
  let rest = '';
  for await (const part of text) {
    const lines = `${rest}${part}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: ')) heard.push(JSON.parse(line.slice('data: '.length)) as RecorderEvent);
    }
  }
}
