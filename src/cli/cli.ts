import type { EnvironmentName } from '../config/environments.ts';
import type { Output } from './output.ts';

/** What every command is given: where to speak, which store is meant, and whether the person wants it to end. */
export interface Cli {
  readonly output: Output;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** What `--data-dir` and `--env` say; known once the command line is parsed. */
  readonly store: StoreChoice;
  /**
   * Aborted at the first Ctrl-C (SIGTERM, SIGHUP); its reason is the signal's name. A command that reads it must
   * come to an end by itself; a second signal ends the process at once, and so does the first when nobody read it.
   */
  readonly interruption: AbortSignal;
  /** Something failed and the rest was done: exit code 1, without another message. */
  markFailed(): void;
  /** The work was cut short by the person: exit code 130, without another message. */
  markInterrupted(): void;
}

export interface StoreChoice {
  /** Undefined leaves it to `VRP_ENV` and the config file, else production. */
  readonly environment: EnvironmentName | undefined;
  /** Absolute. Undefined leaves it to `VRP_DATA_DIR`, the config file and the platform. */
  readonly dataDir: string | undefined;
}
