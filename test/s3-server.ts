import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { S3Place } from '../src/sync/s3-place.ts';

/** The S3 server of Ceph, started by a script that a user's clone does not have. */
const script = fileURLToPath(new URL('../../shared/servers/ceph-rgw.sh', import.meta.url));
const PORT = 18_100;
const START_TIMEOUT_MS = 120_000;

export const hasS3Server =
  existsSync(script) && spawnSync('radosgw', ['--version'], { stdio: 'ignore' }).status === 0;

/** Starts it where it does not run, and makes a bucket. It stays, for the next test. */
export async function s3Place(bucket: string): Promise<S3Place> {
  process.env['AWS_ACCESS_KEY_ID'] = 'testkey';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'testsecret';
  const endpoint = `http://127.0.0.1:${PORT}`;
  if (!(await answers(endpoint))) {
    const { status, stderr } = spawnSync('bash', [script, 'start'], {
      env: { ...process.env, PORT: String(PORT) },
      encoding: 'utf8',
      timeout: START_TIMEOUT_MS,
    });
    if (status !== 0) throw new Error(`The S3 server did not start: ${stderr}`);
  }
  const place: S3Place = { kind: 's3', bucket, prefix: 'copies', endpoint, isPathStyle: true };
  await makeBucket(place);
  return place;
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(5_000) });
    return true;
  } catch {
    return false;
  }
}

async function makeBucket({ bucket, endpoint = '' }: S3Place): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!/BucketAlready/.test((error as Error).name)) throw error;
  } finally {
    client.destroy();
  }
}
