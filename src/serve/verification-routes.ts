import { z } from 'zod';
import type { RepairOutcome } from '../model/repair.ts';
import {
  type FixityCheck,
  type ReconcileProgress,
  type ReconcileReport,
  VERIFICATION_RESULTS,
} from '../model/verification.ts';
import { answers } from './answer-schema.ts';
import { answerWithProgress, PROGRESS_NOTE } from './progress-answer.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { readRecordingId } from './recording-routes.ts';

const config = { role: 'edit' } as const;
const checkSchema = z.object({
  id: z.string(),
  storedFilename: z.string().describe('Path relative to the data folder'),
  result: z.enum(VERIFICATION_RESULTS),
  expected: z.string().describe('SHA-256 of what was received'),
  found: z.string().nullable().describe('SHA-256 of what lies there, or what lies there instead of a file'),
  checkedAt: z.string(),
  message: z.string().nullable().describe('What is wrong, in a sentence'),
});
const reportSchema = z.object({
  oldest: z.object({ id: z.string(), title: z.string(), lastVerifiedAt: z.string().nullable() }).nullable(),
  neverVerifiedCount: z.number(),
  faults: z.array(checkSchema).describe('The last check of each recording that was not ok'),
});
const outcomeSchema = z.object({
  id: z.string(),
  storedFilename: z.string(),
  outcome: z.enum(['sound', 'repaired', 'healed', 'no-copy', 'failed']),
  faults: z.array(z.object({ code: z.string(), message: z.string(), fix: z.string() })),
  repairedId: z.string().nullable().describe('The new recording that has the faults no more'),
  silenced: z
    .array(z.object({ atSeconds: z.number(), durationSeconds: z.number() }))
    .describe('Where the new one has silence instead of sound that was damaged'),
  message: z.string(),
});
const reconcileSchema = z.object({
  adopted: z.number().describe('Files that no recording knew'),
  missing: z.number().describe('Recordings without a file'),
  sidecarsRewritten: z.number(),
  failed: z.array(z.object({ file: z.string(), code: z.string(), message: z.string() })),
});

/** Reading originals again, and what came of it. */
export function addVerificationRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  app.post(
    '/api/recordings/:id/verify',
    {
      config,
      schema: {
        params: z.object({ id: z.string() }),
        response: answers(checkSchema),
        summary: 'Read the original again, all of it',
        description: `${PROGRESS_NOTE} Progress is in bytes.`,
      },
    },
    (request, reply) => {
      const id = readRecordingId(request.params.id);
      return answerWithProgress<number, FixityCheck>(request, reply, (signal, onProgress) =>
        recorder.verification.verify(id, { signal, ...(onProgress && { onProgress }) }),
      );
    },
  );

  app.post(
    '/api/recordings/:id/repair',
    {
      config,
      schema: {
        params: z.object({ id: z.string() }),
        response: answers(outcomeSchema),
        summary: 'Put right what can be: in a new recording, or with the bytes of a verified copy',
        description: `${PROGRESS_NOTE} Progress is the share that is done, in bytes of the file.`,
      },
    },
    (request, reply) => {
      const id = readRecordingId(request.params.id);
      return answerWithProgress<number, RepairOutcome>(request, reply, (signal, onProgress) =>
        recorder.verification.repair(id, { signal, ...(onProgress && { onProgress }) }),
      );
    },
  );

  app.post(
    '/api/reconcile',
    {
      config: { role: 'admin' },
      schema: {
        response: answers(reconcileSchema),
        summary: 'Compare catalogue, files and sidecars, and make them agree',
        description: `${PROGRESS_NOTE} Progress is {"doneCount", "totalCount"}: files, sidecars and rows looked at.`,
      },
    },
    (request, reply) =>
      answerWithProgress<ReconcileProgress, ReconcileReport>(request, reply, (signal, onProgress) =>
        recorder.verification.reconcile({ signal, ...(onProgress && { onProgress }) }),
      ),
  );

  app.get('/api/verification', { config, schema: { response: answers(reportSchema) } }, async () =>
    recorder.verification.report(),
  );
}
