import { readSettings } from '../config/read-settings.ts';
import { openLog } from '../serve/request-log.ts';
import type { Cli } from './cli.ts';

/** Lines of JSON for programs, and lines for people on a terminal. */
export async function openServerLog({ env }: Cli): Promise<ReturnType<typeof openLog>> {
  const chosenLevel = readSettings({}, env).values.logLevel;
  if (!process.stderr.isTTY) return openLog(chosenLevel ?? 'info');
  const { default: pretty } = await import('pino-pretty');
  return openLog(
    chosenLevel ?? 'warn',
    pretty({
      destination: 2,
      sync: true,
      colorize: (env['NO_COLOR'] ?? '') === '',
      translateTime: 'SYS:HH:MM:ss',
    }),
  );
}
