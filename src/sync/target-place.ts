import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VoiceRecorderError } from '../model/failure.ts';
import type { FolderPlace } from './folder-target.ts';
import type { S3Place } from './s3-place.ts';

/** Where a target is, and how it is spoken to. */
export type TargetPlace = S3Place | FolderPlace;

/** What cannot be said in an address. */
export interface PlaceOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly isPathStyle?: boolean;
  readonly profile?: string;
  readonly storageClass?: string;
  readonly serverSideEncryption?: string;
}

/**
 * `s3://bucket/prefix` or `file:///folder`. Throws `target-invalid`: an address is never guessed at.
 *
 * @example
 * readPlace('s3://interviews/studio', { endpoint: 'https://s3.example.org', isPathStyle: true });
 */
export function readPlace(address: string, options: PlaceOptions = {}): TargetPlace {
  if (address.startsWith('s3://')) return readS3(address, options);
  if (address.startsWith('file:')) return readFolder(address, options);
  throw invalid(address, 'expected s3://bucket/prefix or file:///folder');
}

/** The address again, as people wrote it. It never holds a secret. */
export function addressOf(place: TargetPlace): string {
  if (place.kind === 'folder') return `file://${place.path}`;
  return `s3://${place.bucket}${place.prefix === '' ? '' : `/${place.prefix}`}`;
}

function readS3(address: string, options: PlaceOptions): S3Place {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*)$/.exec(address) ?? [];
  // Amazon's rules for names; other stores allow capitals and underscores too.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket))
    throw invalid(
      address,
      'the bucket has no name that can be one (credentials are never part of an address)',
    );
  const parts = prefix.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..'))
    throw invalid(address, 'the prefix has dots for folders');
  const { endpoint } = options;
  if (endpoint !== undefined && !isEndpoint(endpoint))
    throw invalid(address, `the endpoint ${endpoint} is no http:// or https:// address without a login`);
  return { kind: 's3', bucket, prefix: parts.join('/'), ...options };
}

function readFolder(address: string, options: PlaceOptions): FolderPlace {
  if (Object.keys(options).length > 0) throw invalid(address, 'a folder has no options');
  try {
    const path = fileURLToPath(address);
    if (isAbsolute(path) && path !== '/') return { kind: 'folder', path };
  } catch {
    // Said below.
  }
  throw invalid(address, 'expected file:/// and the whole path of a folder of this machine');
}

function isEndpoint(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).username === '';
}

function invalid(address: string, why: string): VoiceRecorderError {
  return new VoiceRecorderError('target-invalid', `${address} is no address of a target: ${why}.`);
}
