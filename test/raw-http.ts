import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly text: string;
}

const LOOKS = 10;

/**
 * Sends exactly these characters and reads until the other end closes, or is silent for `quietMs`. That is looked for
 * ten times meanwhile: a machine that stands still does not count as silence.
 */
export function sendRaw(port: number, text: string, quietMs = 400): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let answer = '';
    let quietLooks = 0;
    const looking = setInterval(() => {
      quietLooks += 1;
      if (quietLooks > LOOKS) socket.destroy();
    }, quietMs / LOOKS);
    socket.on('connect', () => {
      quietLooks = 0;
      socket.write(text, 'latin1');
    });
    socket.on('data', (data) => {
      quietLooks = 0;
      answer += data.toString('latin1');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => {
      clearInterval(looking);
      resolve(parse(answer));
    });
  });
}

function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n'), text };
}
