import type { Recording } from '../src/model/recording.ts';
import { unknownRecording } from '../src/model/unknown-recording.ts';
import type { Verification } from '../src/verify/verification.ts';
import { sha256 } from './sha256.ts';

/** Verification of a recorder on plain maps. */
export function memoryVerification(
  recordings: Map<string, Recording>,
  bytesOf: Map<string, Buffer>,
): Verification {
  return {
    verify: async (id) => {
      const recording = recordings.get(id);
      if (!recording) throw unknownRecording(id);
      const { storedFilename, checksum: expected } = recording;
      const bytes = bytesOf.get(id);
      const found = bytes ? sha256(bytes) : null;
      const result = found === null ? 'missing' : found === expected ? 'ok' : 'damaged';
      const message = result === 'ok' ? null : `${storedFilename} is ${result}.`;
      return { id, storedFilename, result, expected, found, checkedAt: new Date().toISOString(), message };
    },
    repair: async (id) => {
      const { storedFilename } = recordings.get(id) ?? { storedFilename: '' };
      return {
        id,
        storedFilename,
        outcome: 'sound',
        faults: [],
        repairedId: null,
        silenced: [],
        message: 'Nothing is wrong.',
      };
    },
    reconcile: async () => ({ adopted: 0, missing: 0, sidecarsRewritten: 0, failed: [] }),
    report: async () => ({ oldest: null, neverVerifiedCount: recordings.size, faults: [] }),
  };
}
