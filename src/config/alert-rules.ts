import { z } from 'zod';
import type { AlertRule } from '../model/alert.ts';

const seconds = z
  .number()
  .min(0)
  .max(30 * 24 * 3600)
  .optional();
const rulesSchema = z
  .array(
    z
      .strictObject({
        check: z.string().regex(/^(\*|[a-z0-9-]{1,60})$/),
        at: z.enum(['warn', 'fail']).optional(),
        above: z.number().optional(),
        below: z.number().optional(),
        clear: z.number().optional(),
        afterSeconds: seconds,
        clearAfterSeconds: seconds,
      })
      .refine(({ above, below }) => above === undefined || below === undefined),
  )
  .max(200);

/** A list of rules, or its JSON text; undefined when it is none. */
export function readAlertRules(raw: unknown): readonly AlertRule[] | undefined {
  let value = raw;
  if (typeof raw === 'string') {
    try {
      value = JSON.parse(raw);
    } catch {
      return undefined;
    }
  }
  return rulesSchema.safeParse(value).data;
}
