import { resolve } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import { ENVIRONMENTS, type EnvironmentName } from './environments.ts';
import { defaultDataDir, type ProcessEnvironment } from './platform-folders.ts';
import type { Settings } from './settings-schema.ts';

/** The data folder in force. Throws `config-default-store-in-test`. */
export function dataDirOf(environment: EnvironmentName, values: Settings, env: ProcessEnvironment): string {
  const { folderEnding } = ENVIRONMENTS[environment];
  return resolve(values.dataDir ?? guarded(environment, defaultDataDir(env, folderEnding), env));
}

/** Test runs set `VRP_FORBID_DEFAULT_STORE`, so that none of them can ever touch a person's recordings. */
function guarded(environment: EnvironmentName, dataDir: string, env: ProcessEnvironment): string {
  if (environment === 'production' && env['VRP_FORBID_DEFAULT_STORE'] === '1') {
    throw new VoiceRecorderError(
      'config-default-store-in-test',
      `A test asked for the production data folder ${dataDir}; tests must name a folder of their own.`,
    );
  }
  return dataDir;
}
