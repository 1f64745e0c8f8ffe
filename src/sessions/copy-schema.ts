import type { Generated } from 'kysely';

/** One recording at one target: where its copy stands. It outlives the recording, whose copy then still lies there. */
export interface CopyTable {
  target_id: string;
  recording_id: string;
  state: string;
  /** Of the audio, as it is at the target. */
  stored_filename: string;
  size_bytes: number;
  /** Of the metadata that was sent; 0: none was. */
  version: Generated<number>;
  attempts: Generated<number>;
  /** Not before; null: nothing is to be done. */
  next_try_ms: number | null;
  /** Since then what lies there may be of our making. */
  begun_at: string | null;
  /** What the target calls a transfer that is half done. */
  session: string | null;
  sent_at: string | null;
  verified_at: string | null;
  error_code: string | null;
  error_message: string | null;
}
