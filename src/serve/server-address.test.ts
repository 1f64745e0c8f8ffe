import { describe, expect, it } from 'vitest';
import { failureCodeOf } from '../model/failure.ts';
import { type AddressWish, ServerAddress } from './server-address.ts';

function addressOf(wish: Partial<AddressWish> = {}, port = 8420): ServerAddress {
  return new ServerAddress(
    { host: '127.0.0.1', isTls: false, publicUrl: null, allowedHosts: [], isInsecureAllowed: false, ...wish },
    () => port,
  );
}

describe('our names', () => {
  it('are the loopback names with our port', () => {
    const address = addressOf();
    for (const host of ['127.0.0.1:8420', 'localhost:8420', 'LOCALHOST:8420', '[::1]:8420']) {
      expect(address.isOwnHost(host, '127.0.0.1'), host).toBe(true);
    }
    const foreign = [
      undefined,
      '',
      'evil.example',
      'evil.example:8420',
      'localhost',
      'localhost:8421',
      'localhost.:8420',
      'localhost.evil.example:8420',
      '127.0.0.1.nip.io:8420',
      '127.0.0.2:8420',
      '127.0.0.1:8420@evil.example',
      'localhost:8420, evil.example',
      'localhost:08420000',
      '[::1]8420',
    ];
    for (const host of foreign) expect(address.isOwnHost(host, '127.0.0.1'), String(host)).toBe(false);
  });

  it('may leave out the port where it is the usual one', () => {
    expect(addressOf({}, 80).isOwnHost('localhost', '127.0.0.1')).toBe(true);
    expect(addressOf({ isTls: true }, 443).isOwnHost('localhost', '127.0.0.1')).toBe(true);
  });

  it('include the names configured, with any port unless one is given', () => {
    const address = addressOf({ allowedHosts: ['Rec.example', 'other.example:99'] });
    expect(address.isOwnHost('rec.example', '127.0.0.1')).toBe(true);
    expect(address.isOwnHost('rec.example:4443', '127.0.0.1')).toBe(true);
    expect(address.isOwnHost('other.example:99', '127.0.0.1')).toBe(true);
    expect(address.isOwnHost('other.example', '127.0.0.1')).toBe(false);
    expect(address.isOwnHost('sub.rec.example', '127.0.0.1')).toBe(false);
  });

  it('include the public URL, and the address a connection came in on', () => {
    const address = addressOf({ host: '0.0.0.0', publicUrl: 'https://rec.example/voice/' });
    expect(address.isOwnHost('rec.example', '10.0.0.5')).toBe(true);
    expect(address.isOwnHost('10.0.0.5:8420', '::ffff:10.0.0.5')).toBe(true);
    expect(address.isOwnHost('10.0.0.6:8420', '10.0.0.5')).toBe(false);
  });
});

describe('our origin', () => {
  it('is that of the request, or of the public URL', () => {
    const address = addressOf({ publicUrl: 'https://rec.example' });
    expect(address.isOwnOrigin('https://rec.example', '127.0.0.1:8420')).toBe(true);
    expect(address.isOwnOrigin('http://127.0.0.1:8420', '127.0.0.1:8420')).toBe(true);
    expect(address.isOwnOrigin('http://rec.example', 'rec.example')).toBe(false);
  });

  it('is no other port, scheme or name, and not null', () => {
    const address = addressOf();
    for (const origin of [
      'null',
      '',
      'http://127.0.0.1:9999',
      'http://127.0.0.1',
      'http://evil.example',
      'http://127.0.0.1:8420.evil.example',
      'http://127.0.0.1:8420/',
    ]) {
      expect(address.isOwnOrigin(origin, '127.0.0.1:8420'), origin).toBe(false);
    }
  });
});

describe('the canonical origin', () => {
  it('is told to other loopback names only', () => {
    const address = addressOf();
    expect(address.canonicalOriginFor('localhost:8420')).toBe('http://127.0.0.1:8420');
    expect(address.canonicalOriginFor('[::1]:8420')).toBe('http://127.0.0.1:8420');
    expect(address.canonicalOriginFor('127.0.0.1:8420')).toBeUndefined();
    expect(addressOf({ host: 'localhost' }).canonicalOriginFor('localhost:8420')).toBe(
      'http://127.0.0.1:8420',
    );
    expect(addressOf({ host: '::1' }).canonicalOriginFor('127.0.0.1:8420')).toBe('http://[::1]:8420');
    expect(addressOf({}, 80).canonicalOriginFor('127.0.0.1')).toBeUndefined();
  });

  it('is not forced on a proxy', () => {
    const address = addressOf({ publicUrl: 'https://rec.example' });
    expect(address.canonicalOriginFor('localhost:8420')).toBeUndefined();
  });
});

describe('an address others can reach', () => {
  it('is refused unless TLS, a proxy or an explicit wish stands behind it', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'studio.local']) {
      let code: string | undefined;
      try {
        addressOf({ host });
      } catch (error) {
        code = failureCodeOf(error);
      }
      expect(code, host).toBe('address-not-loopback');
      addressOf({ host, isTls: true });
      addressOf({ host, publicUrl: 'https://rec.example' });
      addressOf({ host, isInsecureAllowed: true });
    }
    addressOf({ host: '127.0.0.53' });
    addressOf({ host: '[::1]' });
  });
});
