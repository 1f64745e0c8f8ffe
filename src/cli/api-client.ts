import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { FAILURES, type FailureCode, VoiceRecorderError } from '../model/failure.ts';
import { PROGRESS_TYPE } from '../model/progress-lines.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';

/** A running server of ours, spoken to over HTTP. Sends the token only to that one address. */
export interface ApiClient {
  readonly baseUrl: string;
  /** Rejects with `server-unreachable` when no whole answer came, with the server's own code when it refused. */
  request(method: string, path: string, options?: ApiRequest): Promise<ApiAnswer>;
  /** The body as it comes, for long downloads. Same failures. */
  stream(path: string, signal?: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

export interface ApiRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: Uint8Array | Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Asks for the progress of long work, and hears it. */
  readonly onProgress?: (progress: unknown) => void;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined when the answer has no body or another kind of one. */
  readonly json: unknown;
}

export interface ServerAddress {
  readonly baseUrl: string;
  readonly token: string | null;
  /** PEM: trusted instead of the system's authorities, whatever name it bears. */
  readonly tlsCert: string | null;
}

const TIMEOUT_MS = 60_000;
/** Answers are pages of metadata; nothing of ours is larger. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Loads HTTP or HTTPS only when a server is there to be spoken to. */
export async function connect(server: ServerAddress): Promise<ApiClient> {
  const url = new URL(server.baseUrl);
  const isTls = url.protocol === 'https:';
  const http = isTls ? await import('node:https') : await import('node:http');
  const agent = new http.Agent({ keepAlive: true });
  const tls = server.tlsCert
    ? { ca: server.tlsCert, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
    : {};

  const send = (method: string, path: string, options: ApiRequest) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { body } = options;
      const bytes =
        body === undefined || body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
      const requestOptions: RequestOptions = {
        method,
        agent,
        ...tls,
        timeout: options.timeoutMs ?? TIMEOUT_MS,
        headers: {
          ...(server.token === null ? {} : { authorization: `Bearer ${server.token}` }),
          ...(bytes === undefined ? {} : { 'content-length': bytes.byteLength }),
          ...(bytes === undefined || bytes === body ? {} : { 'content-type': 'application/json' }),
          ...(options.onProgress && { accept: `${PROGRESS_TYPE}, application/json` }),
          ...options.headers,
        },
        ...(options.signal ? { signal: options.signal } : {}),
      };
      assertOutsideWriteSession(`The server at ${url}`);
      const request = http.request(new URL(path, url), requestOptions, resolve);
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('error', (cause) => reject(unreachable(server.baseUrl, cause)));
      request.end(bytes);
    });

  const answerTo = async (method: string, path: string, options: ApiRequest): Promise<ApiAnswer> => {
    const response = await send(method, path, options);
    const status = response.statusCode ?? 0;
    const { headers } = response;
    try {
      if (options.onProgress && isProgress(headers))
        return { status, headers, json: await readAnswerLine(response, options.onProgress) };
      const json = parseJson(await readText(response));
      if (status >= 400) throw refusal(status, json);
      return { status, headers, json };
    } catch (cause) {
      throw cause instanceof VoiceRecorderError ? cause : unreachable(server.baseUrl, cause);
    }
  };

  return {
    baseUrl: server.baseUrl,
    request: (method, path, options = {}) => answerTo(method, path, options),
    async stream(path, signal) {
      const response = await send('GET', path, signal ? { signal } : {});
      const status = response.statusCode ?? 0;
      if (status >= 400) throw refusal(status, parseJson(await readText(response)));
      return response;
    },
    close: () => agent.destroy(),
  };
}

/** True when the server says that it lives. Sends no token: what answers there has yet to be believed. */
export async function isServerLive(server: ServerAddress, timeoutMs: number): Promise<boolean> {
  const client = await connect({ ...server, token: null });
  try {
    await client.request('GET', '/api/health/live', { timeoutMs });
    return true;
  } catch {
    // Whatever the reason: it is not a server to work with now.
    return false;
  } finally {
    client.close();
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    sizeBytes += part.byteLength;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    // Not JSON: the status alone speaks.
    return undefined;
  }
}

function isProgress(headers: IncomingHttpHeaders): boolean {
  return (headers['content-type'] ?? '').startsWith(PROGRESS_TYPE);
}

/** The answer at the end of JSON Lines. Rejects with the server's own failure, or when the lines end before it. */
async function readAnswerLine(
  response: IncomingMessage,
  onProgress: (progress: unknown) => void,
): Promise<unknown> {
  let last: Readonly<Record<string, unknown>> | undefined;
  for await (const line of linesOf(response)) {
    const said = parseJson(line) as Readonly<Record<string, unknown>> | undefined;
    if (said && 'progress' in said) onProgress(said['progress']);
    else last = said ?? last;
  }
  if (last && 'answer' in last) return last['answer'];
  if (last && 'problem' in last) {
    const { problem } = last;
    throw refusal(Number((problem as Record<string, unknown> | null)?.['status'] ?? 500), problem);
  }
  throw new Error('the answer ended before its end');
}

/** Node's own reader of lines never ends, or ends the process, when the connection breaks. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** RFC 9457 problem details, turned back into the error that the server had. */
function refusal(status: number, json: unknown): VoiceRecorderError {
  const problem = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const code = problem['code'];
  const isOurs = typeof code === 'string' && Object.hasOwn(FAILURES, code);
  const detail = [problem['detail'], problem['title']].find((text) => typeof text === 'string');
  return new VoiceRecorderError(
    isOurs ? (code as FailureCode) : 'server-unreachable',
    detail ?? `The server answered with HTTP status ${status}.`,
    { details: { ...(problem['details'] as Record<string, unknown> | undefined), status } },
  );
}

function unreachable(baseUrl: string, cause: unknown): VoiceRecorderError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VoiceRecorderError(
    'server-unreachable',
    `The server at ${baseUrl} did not answer: ${reason}. See that it runs, then try again.`,
    { cause },
  );
}
