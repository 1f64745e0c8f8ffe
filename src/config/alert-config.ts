import type { AlertRule } from '../model/alert.ts';
import type { ReadSettings } from './read-settings.ts';

/** A place that word of alerts is sent to. */
export interface AlertPlace {
  readonly url: string;
  /** Of a webhook what messages are signed with, of an ntfy server its token; null when there is none. */
  readonly secret: string | null;
  /** Named in the configuration file: it may be on this machine or in its network. */
  readonly isInnerAllowed: boolean;
}

/** When people are told that something is not well, and where. */
export interface AlertConfig {
  readonly rules: readonly AlertRule[];
  readonly webhooks: readonly AlertPlace[];
  readonly ntfy: readonly AlertPlace[];
  /** A program and its arguments, from the configuration file only; null when there is none. */
  readonly command: readonly string[] | null;
}

export function alertConfigOf({ values, sources }: ReadSettings): AlertConfig {
  const places = (urls: readonly string[] | undefined, secret: string | undefined, isFromFile: boolean) =>
    Object.freeze(
      (urls ?? []).map((url) => Object.freeze({ url, secret: secret ?? null, isInnerAllowed: isFromFile })),
    );
  return Object.freeze({
    rules: Object.freeze(values.alertRules ?? []),
    webhooks: places(values.alertWebhooks, values.alertWebhookSecret, sources.alertWebhooks === 'file'),
    ntfy: places(values.alertNtfy, values.alertNtfyToken, sources.alertNtfy === 'file'),
    command: values.alertCommand ?? null,
  });
}
