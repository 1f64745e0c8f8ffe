import { printable, printableJson } from './terminal-text.ts';

/** Where a command speaks: answers on stdout, remarks and progress on stderr. */
export interface Output {
  /** True when `--json` was given: stdout then carries JSON and nothing else. */
  readonly isJson: boolean;
  /** True when a person reads stderr as it comes: progress bars make sense. */
  readonly hasProgress: boolean;
  /** The same, beside an answer that comes line by line: no JSON runs over the terminal that the bar is on. */
  readonly hasProgressBesideLines: boolean;
  /** Columns of the terminal; 100 when stdout is none. */
  readonly columns: number;
  /** True once nobody reads stdout any more (`vrp list | head`). */
  readonly isClosed: boolean;
  /** One line of the answer. Foreign text in it must have passed {@link printable}. */
  line(text: string): void;
  /** One JSON document, indented for people when they look at it. */
  document(value: unknown): void;
  /** One line of JSON Lines. */
  jsonLine(value: unknown): void;
  /** A remark for the person; never part of the answer. */
  note(text: string): void;
  /** Colours `text` when stdout (or stderr) is a terminal and `NO_COLOR` is not set. */
  paint(style: Style, text: string, on?: 'stdout' | 'stderr'): string;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const STYLES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

const COLUMNS_WITHOUT_TERMINAL = 100;

/** A stream of a process, which may be a terminal. */
type Speaker = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export function openOutput(
  isJson: boolean,
  env: NodeJS.ProcessEnv,
  streams: Readonly<Record<'stdout' | 'stderr', Speaker>> = process,
): Output {
  const { stdout, stderr } = streams;
  let isClosed = false;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader went away: what is being done for the person goes on, only nobody listens.
      if (error.code !== 'EPIPE') throw error;
      if (stream === stdout) isClosed = true;
    });
  }
  const hasColour = (name: 'stdout' | 'stderr') =>
    streams[name].isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  const write = (stream: Speaker, text: string) => {
    stream.write(`${text}\n`);
  };
  const hasProgress = stderr.isTTY === true && env['TERM'] !== 'dumb';
  return {
    isJson,
    hasProgress,
    hasProgressBesideLines: hasProgress && !(isJson && stdout.isTTY === true),
    columns: stdout.isTTY ? stdout.columns || 80 : COLUMNS_WITHOUT_TERMINAL,
    get isClosed() {
      return isClosed;
    },
    line: (text) => write(stdout, text),
    document: (value) => write(stdout, printableJson(value, stdout.isTTY ? 2 : undefined)),
    jsonLine: (value) => write(stdout, printableJson(value)),
    note: (text) => write(stderr, text),
    paint: (style, text, on = 'stdout') => {
      if (!hasColour(on)) return text;
      const [start, end] = STYLES[style];
      return `\u001b[${start}m${text}\u001b[${end}m`;
    },
  };
}

/** `text` of an error, safe to print; line breaks stay, for messages that list several faults. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
