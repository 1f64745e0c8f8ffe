import { m0001Library } from './m0001-library.ts';
import { m0002AccessAndJobs } from './m0002-access-and-jobs.ts';
import { m0003Measurements } from './m0003-measurements.ts';
import { m0004Verification } from './m0004-verification.ts';
import { m0006Tombstones } from './m0006-tombstones.ts';
import { m0007Lists } from './m0007-lists.ts';
import { m0008CollectionsAndHistory } from './m0008-collections-and-history.ts';
import { m0009JobPriority } from './m0009-job-priority.ts';
import { m0010SharedStores } from './m0010-shared-stores.ts';
import { m0011LabelOrders } from './m0011-label-orders.ts';
import { m0012BegunWords } from './m0012-begun-words.ts';
import { m0013WarnedInOrder } from './m0013-warned-in-order.ts';
import { m0014Health } from './m0014-health.ts';
import { m0015MetricsRole } from './m0015-metrics-role.ts';
import { m0016Alerts } from './m0016-alerts.ts';
import { m0017Copies } from './m0017-copies.ts';
import type { Migration } from './migration.ts';

/** In the order they are applied. */
export const MIGRATIONS: readonly Migration[] = [
  m0001Library,
  m0002AccessAndJobs,
  m0003Measurements,
  m0004Verification,
  m0006Tombstones,
  m0007Lists,
  m0008CollectionsAndHistory,
  m0009JobPriority,
  m0010SharedStores,
  m0011LabelOrders,
  m0012BegunWords,
  m0013WarnedInOrder,
  m0014Health,
  m0015MetricsRole,
  m0016Alerts,
  m0017Copies,
];
