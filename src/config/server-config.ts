import type { ProcessEnvironment } from './platform-folders.ts';
import { readSettings } from './read-settings.ts';
import type { SettingName } from './settings-schema.ts';

/** Where the server listens and who may speak to it. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Origin under which people reach the server through a proxy; null when they reach it directly. */
  readonly publicUrl: string | null;
  readonly allowedHosts: readonly string[];
  /** Proxies whose word about the client's address and protocol is believed. */
  readonly trustedProxies: readonly string[];
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly isInsecureAllowed: boolean;
  readonly logLevel: string;
  /** False: nobody asked for one. */
  readonly isLogLevelChosen: boolean;
  /** Where the log is kept beside what goes to stderr; null: in the state folder; `off`: nowhere. */
  readonly logFile: string | null;
  /** Titles, notes, tags and names of files are written to the log as they are. */
  readonly logNames: boolean;
}

/** Throws `config-invalid` with every fault. */
export function readServerConfig(
  given: Partial<Record<SettingName, unknown>> = {},
  env: ProcessEnvironment = process.env,
): ServerConfig {
  const { values } = readSettings(given, env);
  return Object.freeze({
    host: values.host ?? '127.0.0.1',
    port: values.port ?? 8420,
    publicUrl: values.publicUrl ?? null,
    allowedHosts: Object.freeze(values.allowedHosts ?? []),
    trustedProxies: Object.freeze(values.trustedProxies ?? []),
    tlsCert: values.tlsCert ?? null,
    tlsKey: values.tlsKey ?? null,
    isInsecureAllowed: values.insecure ?? false,
    logLevel: values.logLevel ?? 'info',
    isLogLevelChosen: values.logLevel !== undefined,
    logFile: values.logFile ?? null,
    logNames: values.logNames ?? false,
  });
}
