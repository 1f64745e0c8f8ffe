import type { Recording } from './recording.ts';

export const SIDECAR_FORMAT = 'voice-recorder-pro/sidecar';
export const SIDECAR_FORMAT_VERSION = 1;

/** The document beside each audio file: what the catalogue knows about it, readable without this program. */
export interface Sidecar extends Omit<Recording, 'version'> {
  readonly format: typeof SIDECAR_FORMAT;
  readonly formatVersion: typeof SIDECAR_FORMAT_VERSION;
  /** The recording's `version` when this was written; the higher one of row and sidecar is right. */
  readonly metadataVersion: number;
}

export function toSidecar(recording: Recording): Sidecar {
  const { version, ...rest } = recording;
  return { format: SIDECAR_FORMAT, formatVersion: SIDECAR_FORMAT_VERSION, metadataVersion: version, ...rest };
}

/** The exact content of the file, ending with a line feed. */
export function sidecarText(recording: Recording): string {
  return `${JSON.stringify(toSidecar(recording), null, 2)}\n`;
}

/** `raw/2026/11/x.ogg` -> `raw/2026/11/x.json` */
export function sidecarKey(storedFilename: string): string {
  return storedFilename.replace(/\.[^./]*$/, '').concat('.json');
}
