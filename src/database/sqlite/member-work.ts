import type { StatementTarget } from './session-dialect.ts';

/** What a session does between its begin and its end. */
export type MemberWork<T> = (target: StatementTarget) => Promise<T>;
