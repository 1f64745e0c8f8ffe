import { describe } from 'vitest';
import { openPostgres } from '../databases.ts';
import { testOn } from '../scratch-catalogue.ts';

const postgres = await openPostgres();

// The suites of the repositories once more, as they are, on the other database.
describe.skipIf(postgres.skipReason)(`on PostgreSQL ${postgres.skipReason ?? ''}`, async () => {
  testOn(postgres);
  await import('../../src/catalogue/access-repository.test.ts');
  await import('../../src/catalogue/recording-repository.test.ts');
  await import('../../src/catalogue/known-recordings.test.ts');
  await import('../../src/catalogue/same-audio.test.ts');
  await import('../../src/catalogue/recording-history.test.ts');
  await import('../../src/catalogue/collections.test.ts');
  await import('../../src/catalogue/measurements.test.ts');
  await import('../../src/catalogue/sidecar-writer.test.ts');
  await import('../../src/jobs/database-job-queue.test.ts');
  await import('../../src/jobs/job-runner.test.ts');
  await import('../../src/derive/measure-jobs.test.ts');
  await import('../../src/sync/copy-service.test.ts');
});
