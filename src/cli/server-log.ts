import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { ServerConfig } from '../config/server-config.ts';
import { openLogFile } from '../log/log-file.ts';
import { type LogTarget, openLog, stderrTarget } from '../log/open-log.ts';
import type { Cli } from './cli.ts';

export interface ServerLog {
  readonly logger: ReturnType<typeof openLog>;
  /** Resolves when the last line is in the file. */
  close(): Promise<void>;
}

type LogConfig = Pick<ServerConfig, 'logLevel' | 'logFile' | 'logNames' | 'isLogLevelChosen'>;

/** Lines of JSON for programs, lines for people on a terminal, and a file of lines for whoever asks later. */
export async function openServerLog(
  { env, output }: Cli,
  config: LogConfig,
  place: LogPlace,
): Promise<ServerLog> {
  const path = logFileOf(config, place);
  const onTrouble = (error: unknown) =>
    output.note(`The log file ${path} cannot be written: ${error instanceof Error ? error.message : error}`);
  const seen = await seenTarget(env, config);
  let file: ReturnType<typeof openLogFile> | undefined;
  try {
    file = path === undefined ? undefined : openLogFile({ path, onTrouble });
  } catch (error) {
    onTrouble(error);
  }
  const targets = file ? [seen, { stream: file, level: config.logLevel }] : [seen];
  return {
    logger: openLog({ targets, showsNames: config.logNames }),
    close: async () => file?.close(),
  };
}

export interface LogPlace {
  readonly stateDir: string;
  readonly dataDir: string;
}

/** Undefined where none is kept. Each store has its own, for several servers may share a state folder. */
export function logFileOf({ logFile }: Pick<LogConfig, 'logFile'>, place: LogPlace): string | undefined {
  if (logFile !== null) return logFile === 'off' ? undefined : logFile;
  const store = createHash('sha256').update(resolve(place.dataDir)).digest('hex').slice(0, 8);
  return join(place.stateDir, 'logs', `server-${store}.log`);
}

/** A person at a terminal is shown what is amiss, unless told otherwise. */
async function seenTarget(env: Cli['env'], { logLevel, isLogLevelChosen }: LogConfig): Promise<LogTarget> {
  if (!process.stderr.isTTY) return stderrTarget(logLevel);
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: (env['NO_COLOR'] ?? '') === '',
    translateTime: 'SYS:HH:MM:ss',
  });
  return { stream, level: isLogLevelChosen ? logLevel : 'warn' };
}
