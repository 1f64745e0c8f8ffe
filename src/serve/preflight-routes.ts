import { z } from 'zod';
import { PREFLIGHT_PURPOSES } from '../model/preflight.ts';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const querystring = z.object({
  purpose: z.enum(PREFLIGHT_PURPOSES).optional(),
  preset: z.string().min(1).max(100).optional(),
  minutes: z.coerce.number().positive().max(1e9).optional(),
  bytes: z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).optional(),
});
const answerSchema = z.object({
  answer: z.enum(['yes', 'yes-with-warning', 'no']),
  minutesFit: z.number().describe('Minutes of the preset that still fit'),
  freeBytes: z.number(),
  neededBytes: z.number().nullable(),
  reasons: z.array(
    z.object({
      code: z.string(),
      severity: z.enum(['warn', 'fail']),
      message: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});

/** Whether something can be done, before it is begun. */
export function addPreflightRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  app.get(
    '/api/preflight',
    {
      config: { role: 'record' },
      schema: {
        summary: 'Can it be recorded, sent or imported?',
        querystring,
        response: answers(answerSchema),
      },
    },
    async ({ query }, reply) => {
      reply.header('cache-control', 'no-store');
      const { reasons, ...rest } = await recorder.preflight(query);
      return { ...rest, reasons: [...reasons] };
    },
  );
}
