import { z } from 'zod';
import { eachAtOnce } from '../model/each-at-once.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { MAX_AMENDMENT_BYTES, readRecordingId } from './recording-routes.ts';
import { amendmentSchema } from './recording-schema.ts';

const MAX_RECORDINGS = 500;
/** They share commits; more at a time would only wait in line. */
const AT_ONCE = 20;

const targetsSchema = z
  .array(
    z.strictObject({
      id: z.string(),
      version: z.number().int().min(1).exactOptional().describe('Expected; any when left out'),
    }),
  )
  .min(1)
  .max(MAX_RECORDINGS);
const bodySchema = z.strictObject({
  recordings: targetsSchema,
  amendment: amendmentSchema.omit({ markers: true, timeline: true }),
});
const trashSchema = z.strictObject({ recordings: targetsSchema });
const restoreSchema = z.strictObject({
  recordings: z
    .array(z.strictObject({ id: z.string() }))
    .min(1)
    .max(MAX_RECORDINGS),
});
const movedSchema = z.object({
  items: z
    .array(
      z.union([
        z.object({ id: z.string(), version: z.number(), status: z.string() }),
        z.object({ id: z.string(), error: z.object({ code: z.string(), message: z.string() }) }),
      ]),
    )
    .describe('One for each that was named, in that order'),
});

const changedSchema = z.object({
  items: z.array(z.object({ id: z.string(), version: z.number() })),
});

/** One change to many recordings: an amendment for all of them or none, trash and restore for each that can be. */
export function addManyRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  app.patch(
    '/api/recordings',
    {
      config: { role: 'edit' },
      bodyLimit: MAX_AMENDMENT_BYTES,
      schema: {
        body: bodySchema,
        response: answers(changedSchema),
        summary: 'Amends up to 500 recordings, all or none; answered before their sidecars are written',
      },
    },
    async (request) => {
      const targets = request.body.recordings.map(({ id, version }) => ({
        id: readRecordingId(id),
        ...(version === undefined ? {} : { expectedVersion: version }),
      }));
      const changed = await recorder.library.amendAll(targets, request.body.amendment, request.actor?.name);
      // Not the recordings themselves: notes may be long, and there may be five hundred of them.
      return { items: changed.map(({ id, version }) => ({ id, version })) };
    },
  );

  app.post(
    '/api/recordings/trash',
    {
      config: { role: 'edit' },
      schema: {
        body: trashSchema,
        response: answers(movedSchema),
        summary: 'Puts up to 500 recordings into the trash; each has its own answer',
      },
    },
    async ({ body, actor }) => ({
      items: await moveEach(body.recordings, ({ id, version }) =>
        recorder.library.trash(readRecordingId(id), version, actor?.name),
      ),
    }),
  );

  app.post(
    '/api/recordings/restore',
    {
      config: { role: 'edit' },
      schema: {
        body: restoreSchema,
        response: answers(movedSchema),
        summary: 'Takes up to 500 recordings out of the trash; each has its own answer',
      },
    },
    async ({ body, actor }) => ({
      items: await moveEach(body.recordings, ({ id }) =>
        recorder.library.restore(readRecordingId(id), actor?.name),
      ),
    }),
  );
}

type Moved =
  | { readonly id: string; readonly version: number; readonly status: string }
  | { readonly id: string; readonly error: { readonly code: string; readonly message: string } };

/** One that fails does not keep the others from being moved. */
async function moveEach<Target extends { readonly id: string }>(
  targets: readonly Target[],
  move: (target: Target) => Promise<Recording>,
): Promise<readonly Moved[]> {
  const moved = new Map<Target, Moved>();
  await eachAtOnce(targets, AT_ONCE, async (target) => {
    try {
      const { id, version, status } = await move(target);
      moved.set(target, { id, version, status });
    } catch (error) {
      if (!(error instanceof VoiceRecorderError)) throw error;
      const { code, message } = error;
      moved.set(target, { id: target.id, error: { code, message } });
    }
  });
  return targets.flatMap((target) => moved.get(target) ?? []);
}
