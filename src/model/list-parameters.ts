import type { RecordingQuery } from './recording.ts';

const AS_THEY_ARE = [
  'query',
  'tag',
  'collection',
  'from',
  'to',
  'minDuration',
  'maxDuration',
  'format',
  'kind',
  'hasWarnings',
  'cursor',
  'limit',
  'order',
] as const;

/** What asks a server for a list, as the parameters of an address. */
export function listParameters(query: RecordingQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of AS_THEY_ARE) {
    const value = query[name];
    if (value !== undefined) parameters.set(name, String(value));
  }
  if (query.isTrashed) parameters.set('trashed', 'true');
  if (query.isGrouped) parameters.set('grouped', 'true');
  return parameters;
}
