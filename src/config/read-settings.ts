import { readFileSync } from 'node:fs';
import { VoiceRecorderError } from '../model/failure.ts';
import { defaultConfigFile, type ProcessEnvironment } from './platform-folders.ts';
import {
  SETTING_NAMES,
  type SettingName,
  type Settings,
  settingsSchema,
  settingWords,
} from './settings-schema.ts';

/** Where the value in force came from. */
export type SettingSource = 'given' | 'environment' | 'file' | 'default';

export interface ReadSettings {
  readonly values: Settings;
  readonly sources: Readonly<Record<SettingName, SettingSource>>;
  /** The config file that was read; null when there is none. */
  readonly file: string | null;
}

/**
 * Reads every setting once: what the caller gave wins over the environment, which wins over the config file
 * (`VRP_CONFIG_FILE`, else `config.json` in the platform's configuration folder; an empty value means no file).
 * Rejects with `config-invalid`: one error that names every fault with its variable, value and what is accepted.
 */
export function readSettings(
  given: Partial<Record<SettingName, unknown>>,
  env: ProcessEnvironment,
): ReadSettings {
  const faults: string[] = [];
  const { file, content } = readConfigFile(env, faults);
  const raw: Record<string, unknown> = {};
  const sources = Object.fromEntries(SETTING_NAMES.map((name) => [name, 'default'])) as Record<
    SettingName,
    SettingSource
  >;
  const spelling: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const variable = settingWords(name)?.variable ?? name;
    const fromEnvironment = env[variable];
    const choices: [SettingSource, unknown, string][] = [
      ['given', given[name], name],
      ['environment', fromEnvironment === '' ? undefined : fromEnvironment, variable],
      ['file', content[name], `${name} in ${file}`],
    ];
    const choice = choices.find(([, value]) => value !== undefined);
    if (!choice) continue;
    [sources[name], raw[name], spelling[name]] = choice;
  }
  for (const unknown of Object.keys(content).filter((key) => !(SETTING_NAMES as string[]).includes(key))) {
    faults.push(`${unknown} in ${file}: no such setting; known are ${SETTING_NAMES.join(', ')}`);
  }
  const result = settingsSchema.safeParse(raw);
  if (!result.success) {
    for (const issue of result.error.issues) {
      const name = String(issue.path[0]);
      const shown = settingWords(name)?.isSecret ? '(not shown)' : JSON.stringify(raw[name]);
      faults.push(`${spelling[name] ?? name}=${shown}: expected ${issue.message}`);
    }
  }
  if (faults.length > 0 || !result.success) {
    const count = faults.length === 1 ? 'One setting is' : `${faults.length} settings are`;
    throw new VoiceRecorderError(
      'config-invalid',
      `${count} not usable.\n${faults.map((f) => `  ${f}`).join('\n')}`,
      {
        details: { faults },
      },
    );
  }
  return { values: result.data, sources, file };
}

function readConfigFile(env: ProcessEnvironment, faults: string[]) {
  const named = env['VRP_CONFIG_FILE'];
  const none = { file: null, content: {} as Record<string, unknown> };
  if (named === '') return none;
  const file = named ?? defaultConfigFile(env);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return none;
    faults.push(
      `VRP_CONFIG_FILE=${JSON.stringify(file)}: expected a readable JSON file, but ${(error as Error).message}`,
    );
    return none;
  }
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
      return { file, content: content as Record<string, unknown> };
    }
    faults.push(`${file}: expected one JSON object`);
  } catch (error) {
    faults.push(`${file}: expected JSON, but ${(error as Error).message}`);
  }
  return none;
}
