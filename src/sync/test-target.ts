import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyFault } from '../model/copy.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { CopyTarget } from './copy-target.ts';
import { faultOf } from './target-sync.ts';

/** One thing that was tried at a target. */
export interface TargetTrial {
  readonly step: 'write' | 'verify' | 'list' | 'remove';
  readonly durationMs: number;
  /** Null: it worked. */
  readonly error: CopyFault | null;
}

const PROBE_BYTES = 256 * 1024;

/** Writes an object of its own, reads it back, finds it in the list and removes it; ends with the first step that fails. */
export async function testTarget(target: CopyTarget, scratchFolder: string): Promise<readonly TargetTrial[]> {
  const trials: TargetTrial[] = [];
  const key = `vrp-probe-${randomUUID()}`;
  const path = join(scratchFolder, key);
  const content = randomBytes(PROBE_BYTES);
  const checksum = createHash('sha256').update(content).digest('hex');
  const steps: Record<TargetTrial['step'], () => Promise<unknown>> = {
    write: async () => {
      const shipment = { key, path, checksum, sizeBytes: PROBE_BYTES };
      await target.send(shipment, await target.begin(shipment));
    },
    verify: async () => {
      if ((await target.digest(key)).checksum !== checksum)
        throw new VoiceRecorderError('copy-mismatch', 'What was read back is not what was written.');
    },
    list: async () => {
      const { objects } = await target.list('', key.slice(0, -1));
      if (objects[0]?.key !== key)
        throw new VoiceRecorderError('copy-missing', 'What was written is not listed.');
    },
    remove: () => target.remove(key),
  };
  await writeFile(path, content, { mode: 0o600 });
  try {
    for (const [step, work] of Object.entries(steps)) {
      const startedAt = performance.now();
      const error = await work().then(() => null, faultOf);
      trials.push({ step: step as TargetTrial['step'], durationMs: performance.now() - startedAt, error });
      if (error !== null) break;
    }
  } finally {
    await rm(path, { force: true });
  }
  return trials;
}
