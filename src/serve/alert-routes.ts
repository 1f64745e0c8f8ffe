import { z } from 'zod';
import { VoiceRecorderError } from '../model/failure.ts';
import { SEVERITIES } from '../model/health.ts';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const alertSchema = z.object({
  id: z.string(),
  check: z.string(),
  severity: z.enum(SEVERITIES),
  level: z.enum(['warn', 'fail']),
  state: z.enum(['firing', 'resolved']),
  message: z.string(),
  remedy: z.string().nullable(),
  value: z.number().nullable(),
  startedAt: z.string(),
  changedAt: z.string(),
  resolvedAt: z.string().nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: z.string().nullable(),
  returns: z.number().describe('How often it came back within minutes after it seemed to be over'),
  isSilenced: z.boolean(),
});
const silenceSchema = z.object({ check: z.string(), until: z.string(), by: z.string() });
const outcomeSchema = z.object({
  target: z.string(),
  isDelivered: z.boolean(),
  error: z.string().nullable(),
});
const idParams = z.object({ id: z.string().min(1).max(100) });
const checkName = z.string().regex(/^[a-z0-9-]{1,60}$/);

/** What people are told about what is not well, and what they say to that. */
export function addAlertRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  const { alerts } = recorder;

  app.get(
    '/api/alerts',
    {
      config: { role: 'edit' },
      schema: {
        summary: 'Alerts that fire, then those that ended, newest first',
        response: answers(z.object({ items: z.array(alertSchema), silences: z.array(silenceSchema) })),
      },
    },
    async (_request, reply) => {
      const [items, silences] = await Promise.all([alerts.list(), alerts.silences()]);
      reply.header('cache-control', 'no-store');
      return { items: [...items], silences: [...silences] };
    },
  );

  app.post(
    '/api/alerts/:id/acknowledge',
    {
      config: { role: 'edit' },
      schema: { summary: 'Somebody sees to it', params: idParams, response: answers(alertSchema) },
    },
    async ({ params, actor }) => alerts.acknowledge(params.id, nameOf(actor)),
  );

  app.post(
    '/api/alerts/:id/resolve',
    {
      config: { role: 'edit' },
      schema: {
        summary: 'Ends it, until its check was well and is not again',
        params: idParams,
        response: answers(alertSchema),
      },
    },
    async ({ params }) => alerts.resolve(params.id),
  );

  app.put(
    '/api/alerts/silences/:check',
    {
      config: { role: 'edit' },
      schema: {
        summary: 'Sends no word of a check for so many minutes',
        params: z.object({ check: checkName }),
        body: z.strictObject({ minutes: z.number().min(1).max(43_200) }),
        response: answers(silenceSchema),
      },
    },
    async ({ params, body, actor }) => alerts.silence(params.check, body.minutes, nameOf(actor)),
  );

  app.delete(
    '/api/alerts/silences/:check',
    {
      config: { role: 'edit' },
      schema: {
        summary: 'Ends a silence',
        params: z.object({ check: checkName }),
        response: answers(z.object({ wasSilent: z.boolean() })),
      },
    },
    async ({ params }) => ({ wasSilent: await alerts.unsilence(params.check) }),
  );

  app.post(
    '/api/alerts/test',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Sends a test to every place that is configured',
        response: answers(z.object({ outcomes: z.array(outcomeSchema) })),
      },
    },
    async ({ actor }) => ({ outcomes: [...(await alerts.test(nameOf(actor)))] }),
  );
}

function nameOf(actor: { readonly name: string } | null): string {
  if (actor === null) throw new VoiceRecorderError('access-denied', 'Nobody is logged in.');
  return actor.name;
}
