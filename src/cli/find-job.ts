import { VoiceRecorderError } from '../model/failure.ts';
import { isId } from '../model/id.ts';
import type { ShownJob } from '../model/job.ts';
import type { JobsDoor } from './jobs-door.ts';

const SHORTEST = 8;
/** The newest of those that could be meant. */
const LOOKED_AT = 500;

/**
 * The job that `word` names: a whole id, or 8 or more characters from its beginning or end that no other one of the
 * last changed ones shares. Rejects with `job-unknown` or `usage`.
 */
export async function findJob(jobs: JobsDoor, word: string): Promise<ShownJob> {
  const id = word.toLowerCase();
  const isWhole: boolean = isId(id);
  if (isWhole) {
    const job = await jobs.find(id);
    if (job) return job;
    throw new VoiceRecorderError('job-unknown', `There is no job with the id ${id}.`);
  }
  if (!/^[0-9a-f-]+$/.test(id) || id.length < SHORTEST || id.length > 36) {
    throw new VoiceRecorderError(
      'usage',
      `"${word}" is not the id of a job: expected the id that "vrp jobs" shows, or at least ${SHORTEST} characters of it.`,
    );
  }
  const { items } = await jobs.list({ limit: LOOKED_AT });
  const matches = items.filter((job) => job.id.startsWith(id) || job.id.endsWith(id));
  const [match, ...others] = matches;
  if (match && others.length === 0) return match;
  if (!match) {
    const message = `No job of the last ${LOOKED_AT} has an id with ${id} at its beginning or end.`;
    throw new VoiceRecorderError('job-unknown', message);
  }
  throw new VoiceRecorderError('usage', `${id} stands for ${matches.length} jobs. Give more of the id.`);
}
