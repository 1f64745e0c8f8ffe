import { CHECK_STATUSES } from '../model/health.ts';
import type { CheckContext, Finding, HealthCheck } from './health-check.ts';

const TIMEOUT_MS = 5_000;

/** A finding that can be believed to be one, and how long it took. */
export interface CheckRun {
  readonly finding: Finding;
  readonly durationMs: number;
  /** Where the time ran out: settles when the check itself has. */
  readonly stillRunning: Promise<void> | undefined;
}

/** Asks one check. Never rejects, and answers within its time-out whatever the check does. */
export async function runCheck(
  check: HealthCheck,
  past: CheckContext['past'],
  closing: AbortSignal,
): Promise<CheckRun> {
  const timeoutMs = check.timeoutMs ?? TIMEOUT_MS;
  const startedAt = performance.now();
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const late = new Promise<Finding>((resolve) => {
    closing.addEventListener('abort', () => resolve(unknown('The monitor was closed.')), {
      signal: ending.signal,
    });
    timer = setTimeout(() => {
      isLate = true;
      resolve(unknown(`The check "${check.name}" gave no answer within ${timeoutMs / 1000} s.`));
      ending.abort();
    }, timeoutMs);
  });
  const asked = ask(check, { signal: AbortSignal.any([ending.signal, closing]), past });
  const finding = await Promise.race([asked, late]);
  clearTimeout(timer);
  if (!isLate) ending.abort();
  return {
    finding,
    durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
    stillRunning: isLate ? asked.then(() => undefined) : undefined,
  };
}

async function ask(check: HealthCheck, context: CheckContext): Promise<Finding> {
  try {
    const finding: unknown = await check.run(context);
    return isSound(finding) ? finding : unknown(`The check "${check.name}" gave an answer that is none.`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return unknown(`The check "${check.name}" failed: ${reason}`);
  }
}

function unknown(message: string): Finding {
  return {
    status: 'unknown',
    message,
    remedy: 'If that stays so, look into the log, and restart the server.',
  };
}

function isSound(finding: unknown): finding is Finding {
  if (typeof finding !== 'object' || finding === null) return false;
  const { status, value = null, threshold = null, message, remedy = null } = finding as Partial<Finding>;
  return (
    CHECK_STATUSES.some((known) => known === status) &&
    isFigure(value) &&
    isFigure(threshold) &&
    typeof message === 'string' &&
    (remedy === null || typeof remedy === 'string')
  );
}

function isFigure(value: unknown): boolean {
  return value === null || Number.isFinite(value);
}
