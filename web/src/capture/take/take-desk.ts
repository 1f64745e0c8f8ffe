import { PROBLEMS, type ProblemCode } from '../problems.ts';
import type { AmendDesk } from '../sending/amend-recording.ts';
import type { WorkerEvent } from '../worker-messages.ts';

/** What a take in the worker needs from outside. */
export interface TakeDesk extends AmendDesk {
  nowMs(): number;
  emit(event: WorkerEvent): void;
}

/** Says what is wrong; `reason` is an error's or the server's own word about it. */
export function tellProblem(desk: TakeDesk, takeId: string, code: ProblemCode, reason?: unknown): void {
  const said = reason instanceof Error ? reason.message : reason;
  desk.emit({
    type: 'problem',
    takeId,
    code,
    message: said === undefined ? PROBLEMS[code] : `${PROBLEMS[code]} ${String(said)}`,
  });
}
