import type { Alert, DeliveryOutcome, Silence } from '../model/alert.ts';

/** What people are told about what is not well. */
export interface Alerts {
  /** Those that fire, then those that ended, newest first; 200 at most of these. */
  list(): Promise<readonly Alert[]>;
  /** Somebody sees to it. Rejects with `alert-unknown`. */
  acknowledge(id: string, by: string): Promise<Alert>;
  /** Ends it by a person's word, until its check was well and is not again. Rejects with `alert-unknown`. */
  resolve(id: string): Promise<Alert>;
  /** Sends no word of a check for so many minutes, 30 days at most. Rejects with `invalid-input`. */
  silence(check: string, minutes: number, by: string): Promise<Silence>;
  /** Ends that; whether there was one. */
  unsilence(check: string): Promise<boolean>;
  silences(): Promise<readonly Silence[]>;
  /** Sends a test to every place that is configured, once, and says what became of it. */
  test(by: string): Promise<readonly DeliveryOutcome[]>;
}
