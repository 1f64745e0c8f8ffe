import { app, chips, collections, keys } from './strings/app.ts';
import { condition, scarceRoom } from './strings/condition.ts';
import { detail } from './strings/detail.ts';
import { firstRun } from './strings/first-run.ts';
import { health } from './strings/health.ts';
import { history } from './strings/history.ts';
import { imports } from './strings/imports.ts';
import { jobs } from './strings/jobs.ts';
import { library, trash } from './strings/library.ts';
import { lists } from './strings/lists.ts';
import { login } from './strings/login.ts';
import { microphone } from './strings/microphone.ts';
import { moments } from './strings/moments.ts';
import { performance } from './strings/performance.ts';
import { presets } from './strings/presets.ts';
import { connection, problems } from './strings/problems.ts';
import { record } from './strings/record.ts';
import { recovery } from './strings/recovery.ts';
import { storage } from './strings/storage.ts';
import { take } from './strings/take.ts';

/** Every sentence the pages say, by page. Dates, times, sizes and lengths are put in by `format/`. */
export const STRINGS = {
  app,
  record,
  moments,
  presets,
  recovery,
  connection,
  problems,
  microphone,
  library,
  lists,
  condition,
  scarceRoom,
  detail,
  take,
  trash,
  storage,
  health,
  performance,
  jobs,
  imports,
  firstRun,
  login,
  keys,
  chips,
  collections,
  history,
} as const;
