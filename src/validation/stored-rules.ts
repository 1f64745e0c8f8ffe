import { VoiceRecorderError } from '../model/failure.ts';
import type { Rule } from './rule.ts';

/** The bytes are audio that can be described: what the probe says, it rejects with itself. */
export const contentRule = {
  name: 'content',
  phase: 'after',
  codes: [
    'not-audio-content',
    'not-audio-reference',
    'not-audio-video-only',
    'audio-unreadable',
    'audio-no-samples',
    'audio-impossible-format',
    'audio-unknown-codec',
  ],
  async check(file) {
    await file.probe();
  },
} satisfies Rule<{ probe(): Promise<unknown> }>;

/** What was written is read again and is what came; where somebody asked for it, and before a source is removed. */
export const readBackRule = {
  name: 'read-back',
  phase: 'after',
  codes: ['digest-mismatch'],
  async check({ path, expected, readStored }) {
    const found = await readStored();
    if (found === expected) return;
    throw new VoiceRecorderError(
      'digest-mismatch',
      `${path} was left where it is: its stored copy should have SHA-256 ${expected}, but has ${found}.`,
    );
  },
} satisfies Rule<{
  readonly path: string;
  readonly expected: string;
  readStored(): Promise<string>;
}>;
