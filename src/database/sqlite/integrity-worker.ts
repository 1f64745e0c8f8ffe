/** Entry of a thread that reads a whole database: nobody else waits for it. */
import { answerRequests } from '../../threads/worker-pool.ts';
import { checkSnapshot } from '../check-snapshot.ts';
import type { IntegrityRequest } from '../integrity.ts';
import { integrityCheck, quickCheck } from './sqlite-maintenance.ts';

answerRequests(async ({ file, depth }: IntegrityRequest): Promise<string> => {
  if (depth === 'snapshot') {
    await checkSnapshot(file);
    return 'ok';
  }
  return depth === 'full' ? integrityCheck(file) : quickCheck(file);
});
