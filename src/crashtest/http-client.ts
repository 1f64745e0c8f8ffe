import { Agent, request } from 'node:http';

/** What a client needs to speak to the server: through the proxy, under the server's own name. */
export interface Door {
  /** Of the proxy, or of the server itself. */
  readonly port: number;
  /** `127.0.0.1:8420`, as the server knows itself. */
  readonly host: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Longer than any pause that is put in the server's way on purpose. */
const TIMEOUT_MS = 20_000;

/** One client of its own connections. It speaks plain HTTP and knows nothing of this program's own client code. */
export class HttpClient {
  readonly #door: Door;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(door: Door) {
    this.#door = door;
  }

  /** The whole answer; undefined when none came or not all of it. */
  ask(method: string, path: string, question: Question = {}): Promise<Answer | undefined> {
    const { port, host, token } = this.#door;
    const { body } = question;
    return new Promise((resolve) => {
      const fail = () => resolve(undefined);
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path,
          agent: this.#agent,
          headers: {
            host,
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-length': String(body.length) }),
            ...question.headers,
          },
        },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', fail);
          incoming.on('close', fail);
          incoming.on('end', () => {
            if (!incoming.complete) fail();
            else
              resolve({
                status: incoming.statusCode ?? 0,
                headers: incoming.headers,
                body: Buffer.concat(parts),
              });
          });
        },
      );
      outgoing.setTimeout(TIMEOUT_MS, () => outgoing.destroy());
      outgoing.on('error', fail);
      outgoing.on('close', fail);
      outgoing.end(body);
    });
  }

  async askJson<T>(path: string): Promise<T | undefined> {
    const answer = await this.ask('GET', path);
    return answer?.status === 200 ? (JSON.parse(answer.body.toString('utf8')) as T) : undefined;
  }

  close(): void {
    this.#agent.destroy();
  }
}

export function headerOf(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
