import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasS3Server, s3Place } from '../../test/s3-server.ts';
import { failureCodeOf } from '../model/failure.ts';
import { describeCopyTarget } from './copy-target.contract.ts';
import type { S3Place } from './s3-place.ts';
import { openS3Target } from './s3-target.ts';

describe.skipIf(!hasS3Server)('S3', () => {
  let place: S3Place;
  beforeAll(async () => {
    place = await s3Place('vrp-contract');
  }, 150_000);

  describeCopyTarget('A bucket', async () => {
    const own = { ...place, prefix: `copies/${randomUUID()}` };
    return {
      target: openS3Target(own),
      reopen: async () => openS3Target(own),
      dispose: async () => undefined,
    };
  });

  const codeOf = async (wrong: Partial<S3Place>) => {
    const target = openS3Target({ ...place, ...wrong });
    try {
      return failureCodeOf(await target.stat('raw/a.ogg').catch((error: unknown) => error));
    } finally {
      await target.close();
    }
  };

  it('says which bucket is not there', async () => {
    expect(await codeOf({ bucket: `vrp-none-${randomUUID()}` })).toBe('target-missing');
  });

  it('says when nobody answers', async () => {
    expect(await codeOf({ endpoint: 'http://127.0.0.1:9' })).toBe('target-unreachable');
  });

  it('says when the key is wrong', async () => {
    const secret = process.env['AWS_SECRET_ACCESS_KEY'];
    process.env['AWS_SECRET_ACCESS_KEY'] = 'wrong';
    try {
      const target = openS3Target(place);
      const failed = await target.list('', '').catch((error: unknown) => error);
      expect(failureCodeOf(failed)).toBe('target-login-refused');
      expect((failed as Error).message).not.toContain('wrong');
      await target.close();
    } finally {
      process.env['AWS_SECRET_ACCESS_KEY'] = secret;
    }
  });
});
