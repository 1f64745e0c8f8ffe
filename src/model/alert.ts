import type { Severity } from './health.ts';

/** What people are told about something that is not well, from its beginning to its end. */
export interface Alert {
  readonly id: string;
  /** Name of the health check it comes from, or `test`. */
  readonly check: string;
  readonly severity: Severity;
  /** `fail` also when the check gave no answer. */
  readonly level: 'warn' | 'fail';
  readonly state: 'firing' | 'resolved';
  readonly message: string;
  readonly remedy: string | null;
  readonly value: number | null;
  /** ISO 8601 UTC, as all times here. */
  readonly startedAt: string;
  readonly changedAt: string;
  readonly resolvedAt: string | null;
  /** Name of whoever said that they see to it; null when nobody did. */
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: string | null;
  /** How often it came back within minutes after it seemed to be over. */
  readonly returns: number;
  /** Nobody is sent word of it for now. */
  readonly isSilenced: boolean;
}

/** No word is sent of a check until then. */
export interface Silence {
  readonly check: string;
  readonly until: string;
  readonly by: string;
}

/** What became of a message to one place. */
export interface DeliveryOutcome {
  /** What kind of place, and where, without secrets: `webhook https://example.org/…`. */
  readonly target: string;
  readonly isDelivered: boolean;
  /** Why not; null when it was. */
  readonly error: string | null;
}

/** When a check becomes an alert, and when that ends. */
export interface AlertRule {
  /** Name of the check; `*` for all that have no rule of their own. */
  readonly check: string;
  /** From which status on; `warn` when not given. Not looked at where `above` or `below` is given. */
  readonly at?: 'warn' | 'fail' | undefined;
  /** The value itself is judged: an alert from here on, over once it is back by a tenth (or at `clear`). */
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly clear?: number | undefined;
  /** It must last so long, and be over for so long. By severity when not given: 0 and 30, 60 and 60, 300 and 300. */
  readonly afterSeconds?: number | undefined;
  readonly clearAfterSeconds?: number | undefined;
}
