import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROGRESS_TYPE } from '../model/progress-lines.ts';
import { answerProblem } from './problem.ts';
import { untilGone } from './until-gone.ts';

/** Often enough for a bar. */
const TELL_EVERY_MS = 150;

export const PROGRESS_NOTE =
  `With "Accept: ${PROGRESS_TYPE}" what takes longer is answered as JSON Lines: {"progress"} now and then, at the end one ` +
  '{"answer"} or, after a failure, one {"problem"}.';

/**
 * Answers with what `work` comes to. Who accepts JSON Lines hears meanwhile how far it is; work that fails or is done before
 * there was anything to tell is answered as always. `mustTell`: what is told however soon it
 * comes. The signal is aborted when whoever asked has gone.
 */
export async function answerWithProgress<Progress, Answer>(
  request: FastifyRequest,
  reply: FastifyReply,
  work: (signal: AbortSignal, onProgress?: (progress: Progress) => void) => Promise<Answer>,
  mustTell: (progress: Progress) => boolean = () => false,
): Promise<Answer | FastifyReply> {
  const signal = untilGone(reply);
  if (!(request.headers.accept ?? '').includes(PROGRESS_TYPE)) return await work(signal);
  const lines = new PassThrough();
  const begun = Promise.withResolvers<'begun'>();
  const write = (line: Readonly<Record<string, unknown>>) => lines.write(`${JSON.stringify(line)}\n`);
  let toldAt = 0;
  const done = work(signal, (progress) => {
    const now = performance.now();
    if (now - toldAt < TELL_EVERY_MS && !mustTell(progress)) return;
    toldAt = now;
    write({ progress });
    begun.resolve('begun');
  });
  // Before the first line the status is not yet said: a failure is thrown here.
  if ((await Promise.race([begun.promise, done.then(() => 'done' as const)])) === 'done') return await done;
  void done
    .then(
      (answer) => write({ answer }),
      (error: unknown) => {
        const { problem } = answerProblem(error, request.id);
        if (problem.code === 'internal') request.log.error({ err: error }, 'internal error');
        return write({ problem });
      },
    )
    .finally(() => lines.end());
  return reply
    .type(PROGRESS_TYPE)
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(lines);
}
