import { AsyncLocalStorage } from 'node:async_hooks';

/** What work belongs to; every line that is logged inside it says so. */
export interface LogContext {
  readonly requestId?: string;
  readonly jobId?: string;
  readonly jobKind?: string;
  readonly recordingId?: string;
}

const current = new AsyncLocalStorage<LogContext>();

/** Runs `work` so that its lines carry `context`, beside what those around it carry already. */
export function runInLogContext<T>(context: LogContext, work: () => T): T {
  return current.run({ ...current.getStore(), ...context }, work);
}

export function logContext(): LogContext {
  return current.getStore() ?? {};
}
