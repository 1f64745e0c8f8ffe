import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';

/** Where in which object store copies lie. Credentials come from the usual places, never from here. */
export interface S3Place {
  readonly kind: 's3';
  readonly bucket: string;
  /** Without slashes at its ends; empty: the bucket itself. */
  readonly prefix: string;
  /** Of another store than Amazon's. */
  readonly endpoint?: string;
  readonly region?: string;
  /** The bucket is part of the path, not of the host name. */
  readonly isPathStyle?: boolean;
  /** Section of the shared credentials file. */
  readonly profile?: string;
  /** As the store names it: `STANDARD_IA`, `GLACIER_IR` … */
  readonly storageClass?: string;
  /** `AES256` or `aws:kms`. */
  readonly serverSideEncryption?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A connection on which nothing moves for so long is given up. */
const IDLE_TIMEOUT_MS = 60_000;
const CONNECTIONS = 32;
const DEFAULT_REGION = 'us-east-1';

/** It tries nothing again: only who calls knows what that would send twice. */
export async function openS3Client(place: S3Place): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { endpoint, profile, isPathStyle = false } = place;
  const region = place.region ?? (endpoint === undefined ? undefined : DEFAULT_REGION);
  const agent = { keepAlive: true, maxSockets: CONNECTIONS };
  const config: S3ClientConfig = {
    maxAttempts: 1,
    forcePathStyle: isPathStyle,
    // Streams would carry a checksum behind them else, which other stores than Amazon's refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
  };
  return new S3Client(config);
}
