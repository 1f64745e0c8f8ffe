import { VoiceRecorderError } from '../model/failure.ts';
import type { Cli } from './cli.ts';

/**
 * Asks a person at the terminal; everything but `y` or `yes` means no. Where nobody can be asked, it rejects with
 * `usage`: what cannot be undone is never taken for granted.
 */
export async function confirm({ output }: Cli, question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY || output.isJson) {
    throw new VoiceRecorderError(
      'usage',
      'This cannot be undone, and there is nobody at a terminal to ask: say --yes to have it done.',
    );
  }
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
