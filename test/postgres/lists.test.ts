import { describe } from 'vitest';
import { openPostgres } from '../databases.ts';
import { testOn } from '../scratch-catalogue.ts';

const postgres = await openPostgres();

// The suites of lists and search once more, as they are, on the other database.
describe.skipIf(postgres.skipReason)(`on PostgreSQL ${postgres.skipReason ?? ''}`, async () => {
  testOn(postgres);
  await import('../../src/catalogue/recording-list.test.ts');
  await import('../../src/catalogue/take-list.test.ts');
  await import('../../src/catalogue/list-orders.test.ts');
  await import('../../src/catalogue/search.test.ts');
  await import('../../src/catalogue/begun-words.test.ts');
});
