import type { SessionMetrics } from '../database/session-metrics.ts';
import type { Copy, CopyFault } from '../model/copy.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';

/** What became of one recording at all targets. */
export interface RecordingSync {
  /** Every target has a verified copy, with what is said of the recording now. */
  readonly success: boolean;
  /** There is a target, and every one has the right bytes. */
  readonly verified: boolean;
  /** Of the audio, over all targets that have it. */
  readonly bytes: number;
  /** Tries of this call. */
  readonly attempts: number;
  readonly copies: readonly Copy[];
  readonly error?: CopyFault;
  readonly sessionMetrics: SessionMetrics;
}

/** `faults`: of targets that could not be spoken to. */
export async function judgeSync(
  { copies, library }: VoiceRecorder,
  recordingId: string,
  faults: readonly CopyFault[],
): Promise<Omit<RecordingSync, 'attempts' | 'sessionMetrics'>> {
  const [targets, made] = await Promise.all([copies.targets(), copies.list({ recordingId })]);
  const right = made.filter(({ verifiedAt }) => verifiedAt !== null);
  const verified = targets.length > 0 && right.length === targets.length;
  const [fault = made.find((copy) => copy.error)?.error ?? undefined] = faults;
  const error = fault ?? (verified ? undefined : await reasonOf(library, recordingId));
  const bytes = right.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const isCurrent = made.every(({ state }) => state === 'verified');
  return { success: verified && isCurrent, verified, bytes, copies: made, ...(error && { error }) };
}

async function reasonOf(library: VoiceRecorder['library'], recordingId: string): Promise<CopyFault> {
  if ((await library.find(recordingId)) === undefined)
    return { code: 'recording-unknown', message: `There is no recording ${recordingId}.` };
  const message = 'There is no target that copies could go to: "vrp targets add" makes one.';
  return { code: 'target-unknown', message };
}
