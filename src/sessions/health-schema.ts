import type { Generated } from 'kysely';

// What the server knows of its own health; see `StoreSchema`.

export interface HealthSampleTable {
  store_id: Generated<string>;
  name: string;
  at: string;
  status: string;
  value: number | null;
}

export interface AlertTable {
  store_id: Generated<string>;
  id: string;
  state: string;
  started_at: string;
  /** JSON object. */
  document: string;
}

export interface AlertSilenceTable {
  store_id: Generated<string>;
  check_name: string;
  until: string;
  by_whom: string;
}
