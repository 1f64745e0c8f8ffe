/** A refusal or failure of the server, or of the way to it (`server-unreachable`, status 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

export interface ApiRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** A server that says nothing for so long counts as unreachable. */
  readonly patienceMs?: number;
}

/** Asks the server and returns the answer when it is a good one; rejects with {@link ApiError} else. */
export async function request(path: string, wish: ApiRequest = {}): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...wish.headers };
  if (wish.body !== undefined) headers['content-type'] = 'application/json';
  const signals = [wish.signal, wish.patienceMs ? AbortSignal.timeout(wish.patienceMs) : undefined];
  let response: Response;
  try {
    response = await fetch(path, {
      method: wish.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      body: wish.body === undefined ? null : JSON.stringify(wish.body),
      signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
    });
  } catch (error) {
    if (wish.signal?.aborted) throw error;
    throw new ApiError('server-unreachable', 'The server does not answer.', 0, { cause: error });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function requestJson<Answer>(path: string, wish: ApiRequest = {}): Promise<Answer> {
  return (await (await request(path, wish)).json()) as Answer;
}

/** What a refusing answer says: problem+json where there is one, else the status. */
export async function problemOf(response: Response): Promise<ApiError> {
  let problem: { code?: unknown; detail?: unknown; title?: unknown } = {};
  try {
    problem = (await response.json()) as typeof problem;
  } catch {
    // Not JSON: the status has to do.
  }
  const code = typeof problem.code === 'string' ? problem.code : `http-${response.status}`;
  const text = [problem.detail, problem.title].find((part) => typeof part === 'string' && part !== '');
  return new ApiError(code, String(text ?? `The server answered ${response.status}.`), response.status);
}

export function isUnauthorised(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** The sentence of `error` for a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
