import { z } from 'zod';
import { CHECK_STATUSES, HEALTH_STATUSES, SEVERITIES } from '../model/health.ts';
import { PERFORMANCE_FIGURES } from '../model/performance.ts';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const status = z.enum(CHECK_STATUSES);
const reportSchema = z.object({
  status: z
    .enum(HEALTH_STATUSES)
    .describe(
      'failing: something critical fails or gives no answer; degraded: anything else is not as it should be',
    ),
  checkedAt: z.string().describe('Of the newest result; empty before the first one'),
  checks: z.array(
    z.object({
      name: z.string(),
      status: status.describe('unknown: the check itself gave no sound answer in its time'),
      severity: z.enum(SEVERITIES),
      value: z.number().nullable(),
      threshold: z.number().nullable().describe('From where on the check warns'),
      unit: z.enum(['bytes', 'seconds', 'milliseconds', 'days', 'percent', 'count']).nullable(),
      message: z.string(),
      remedy: z.string().nullable(),
      durationMs: z.number(),
      checkedAt: z.string(),
      since: z.string().describe('Since when it has this status'),
    }),
  ),
});
const trendSchema = z.object({
  name: z.string(),
  samples: z.array(z.object({ at: z.string(), status, value: z.number().nullable() })),
  perDay: z.number().nullable().describe('By how much the value changed a day'),
});
const reportQuery = z.object({
  fresh: z
    .enum(['true', 'false'])
    .optional()
    .describe('Ask every check now instead of telling what it said last'),
});
const trendQuery = z.object({
  check: z.string().min(1).max(100),
  days: z.coerce.number().positive().max(90).default(7),
});

const performanceSchema = z.object({
  times: z.array(z.number()).describe('Ends of the stretches in seconds since 1970, ascending'),
  stretchSeconds: z.number(),
  since: z.number().describe('When the first stretch began, in seconds since 1970'),
  figures: z
    .record(z.enum(PERFORMANCE_FIGURES), z.array(z.number().nullable()))
    .describe('A value for each stretch: rates are means of it, latencies and sizes the largest in it'),
});
const performanceQuery = z.object({ hours: z.coerce.number().positive().max(24).default(1) });

const DAY_MS = 24 * 60 * 60 * 1000;

/** The whole report, the past of each check, and how the server was doing over the last day. */
export function addHealthRoutes(app: RecorderApp, { recorder, metrics }: RouteDesk): void {
  app.get(
    '/api/health',
    { config: { role: 'edit' }, schema: { querystring: reportQuery, response: answers(reportSchema) } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return await recorder.health.report({ isFresh: request.query.fresh === 'true' });
    },
  );

  app.get(
    '/api/health/history',
    { config: { role: 'edit' }, schema: { querystring: trendQuery, response: answers(trendSchema) } },
    async ({ query }) =>
      recorder.health.trend(query.check, new Date(Date.now() - query.days * DAY_MS).toISOString()),
  );

  app.get(
    '/api/performance',
    {
      config: { role: 'edit' },
      schema: { querystring: performanceQuery, response: answers(performanceSchema) },
    },
    async ({ query }, reply) => {
      reply.header('cache-control', 'no-store');
      return metrics.performance.past(query.hours);
    },
  );
}
