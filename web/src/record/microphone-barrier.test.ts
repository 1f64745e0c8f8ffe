import { describe, expect, it } from 'vitest';
import { findBarrier, isAllowedByPolicy, secureAddresses } from './microphone-barrier.ts';

const free = {
  isSecureContext: true,
  isFramed: false,
  isAllowedByPolicy: true,
  permission: 'granted',
  microphone: 'open',
} as const;

describe('what keeps the microphone away', () => {
  it('is nothing while it is open, asked for, or was never wanted', () => {
    for (const microphone of ['open', 'asking', 'unknown'] as const) {
      expect(findBarrier({ ...free, microphone })).toBeNull();
    }
  });

  it('is the address, before anything else is looked at', () => {
    expect(findBarrier({ ...free, isSecureContext: false, microphone: 'unknown' })).toBe('insecure');
  });

  it('is a policy: of the page around this one, or of the server', () => {
    expect(findBarrier({ ...free, isAllowedByPolicy: false, isFramed: true })).toBe('framed');
    expect(findBarrier({ ...free, isAllowedByPolicy: false })).toBe('forbidden');
    const untold = { ...free, isAllowedByPolicy: null, isFramed: true, permission: 'prompt' } as const;
    expect(findBarrier({ ...untold, microphone: 'denied' })).toBe('framed');
  });

  it('is a person’s no, or that of the system under the browser', () => {
    expect(findBarrier({ ...free, microphone: 'denied', permission: 'denied' })).toBe('denied');
    expect(findBarrier({ ...free, microphone: 'denied', permission: 'prompt' })).toBe('denied');
    expect(findBarrier({ ...free, microphone: 'denied', permission: undefined })).toBe('denied');
    expect(findBarrier({ ...free, microphone: 'denied' })).toBe('denied-by-system');
  });

  it('is the device itself', () => {
    for (const microphone of ['missing', 'in-use', 'unavailable'] as const) {
      expect(findBarrier({ ...free, microphone })).toBe(microphone);
    }
  });
});

describe('the policy of a page', () => {
  it('is asked under both names, and unknown where there is neither', () => {
    const policy = { allowsFeature: (feature: string) => feature !== 'microphone' };
    expect(isAllowedByPolicy({ permissionsPolicy: policy } as unknown as Document)).toBe(false);
    expect(isAllowedByPolicy({ featurePolicy: policy } as unknown as Document)).toBe(false);
    expect(isAllowedByPolicy({} as Document)).toBeNull();
  });
});

describe('secure addresses of this server', () => {
  it('keep its port', () => {
    expect(secureAddresses({ hostname: '192.168.0.7', port: '8420' })).toEqual({
      loopback: 'http://127.0.0.1:8420',
      https: 'https://192.168.0.7:8420',
    });
    expect(secureAddresses({ hostname: 'recorder.example', port: '' }).loopback).toBe('http://127.0.0.1');
  });
});
