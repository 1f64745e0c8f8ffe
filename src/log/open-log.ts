import {
  type DestinationStream,
  destination,
  type Level,
  type Logger,
  multistream,
  pino,
  stdSerializers,
} from 'pino';
import { logContext } from './log-context.ts';
import { hideFileNames, hideSecrets, PRIVATE_FIELDS, SECRET_FIELDS } from './redaction.ts';

export interface LogTarget {
  readonly stream: DestinationStream;
  readonly level: string;
}

export interface LogOptions {
  /** Each gets the lines from its level on. */
  readonly targets: readonly LogTarget[];
  /** Titles, notes, tags and names of files are written as they are; else they are hidden. */
  readonly showsNames?: boolean;
}

/**
 * A log: one JSON object a line, with the request, the job and the recording that it belongs to. Secrets are hidden by
 * the name of their field and by how they look; so is, unless `showsNames`, what people wrote and named.
 */
export function openLog({ targets: chosen, showsNames = false }: LogOptions): Logger {
  const targets = chosen.filter(({ level }) => level !== 'silent');
  const hidden = showsNames ? SECRET_FIELDS : [...SECRET_FIELDS, ...PRIVATE_FIELDS];
  return pino(
    {
      level: lowestOf(targets),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: logContext,
      serializers: { error: stdSerializers.errWithCause, cause: stdSerializers.errWithCause },
      redact: { paths: hidden.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '(hidden)' },
      hooks: {
        streamWrite: (line) => (showsNames ? hideSecrets(line) : hideFileNames(hideSecrets(line))),
      },
    },
    multistream(targets.map(({ stream, level }) => ({ stream, level: level as Level }))),
  );
}

/** Where lines go that nobody reads from a file. Stdout belongs to what a program answers. */
export function stderrTarget(level: string): LogTarget {
  return { stream: destination({ fd: 2, sync: true }), level };
}

function lowestOf(targets: readonly LogTarget[]): string {
  const numberOf = ({ level }: LogTarget) => pino.levels.values[level] ?? 0;
  return targets.toSorted((a, b) => numberOf(a) - numberOf(b))[0]?.level ?? 'silent';
}
