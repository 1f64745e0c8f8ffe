import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPIRED_TLS, LOCALHOST_TLS, RENEWED_TLS } from '../../test/tls-fixtures.ts';
import { describeTls, readTlsFiles, type TlsFiles } from './tls-files.ts';
import { watchTlsFiles } from './tls-renewal.ts';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-tls-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The paths of a pair of files with these contents. */
async function write({ cert, key }: TlsFiles): Promise<[certPath: string, keyPath: string]> {
  count += 1;
  const paths: [string, string] = [join(folder, `${count}.crt`), join(folder, `${count}.key`)];
  await writeFile(paths[0], cert);
  await writeFile(paths[1], key);
  return paths;
}

describe('the files of TLS', () => {
  it('are taken when certificate and key belong together', async () => {
    expect(await readTlsFiles(...(await write(LOCALHOST_TLS)))).toEqual(LOCALHOST_TLS);
  });

  it('are refused with a sentence that names the file and what is wrong with it', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsa = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const locked = privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();
    const refused: [TlsFiles, string][] = [
      [{ cert: LOCALHOST_TLS.cert, key: RENEWED_TLS.key }, 'does not belong to the first certificate'],
      [{ cert: LOCALHOST_TLS.cert, key: rsa }, 'does not belong to the first certificate'],
      [{ cert: LOCALHOST_TLS.key, key: LOCALHOST_TLS.key }, 'expected a PEM certificate'],
      [
        { cert: LOCALHOST_TLS.cert, key: LOCALHOST_TLS.cert },
        'expected a PEM private key without a passphrase',
      ],
      [{ cert: LOCALHOST_TLS.cert, key: locked }, 'without a passphrase'],
      [{ cert: '', key: LOCALHOST_TLS.key }, 'expected a PEM certificate'],
    ];
    for (const [files, sentence] of refused) {
      const paths = await write(files);
      const error: unknown = await readTlsFiles(...paths).catch((refusal: unknown) => refusal);
      expect(error, sentence).toMatchObject({ code: 'tls-invalid' });
      expect(String(error)).toContain(sentence);
      expect(String(error)).toContain(folder);
    }
    const [certPath] = await write(LOCALHOST_TLS);
    await expect(readTlsFiles(certPath, join(folder, 'none.key'))).rejects.toMatchObject({
      code: 'tls-invalid',
      message: expect.stringContaining('there is no such file') as string,
    });
  });

  it('say when their time is over, soon over or not yet come', () => {
    const at = (day: string) => describeTls(LOCALHOST_TLS, Date.parse(day)).warning;
    expect(at('2030-01-01')).toBeUndefined();
    expect(at('2126-10-25')).toContain('expires on 2126-10-30');
    expect(at('2126-11-01')).toContain('expired on 2126-10-30');
    expect(at('2020-01-01')).toContain('is valid from 2026-11-23 only');
    expect(describeTls(EXPIRED_TLS, Date.parse('2027-01-01')).warning).toContain('expired on 2026-11-22');
  });

  it('are taken up when they are renewed, and not while they do not fit', async () => {
    const [certPath, keyPath] = await write(LOCALHOST_TLS);
    const renewed: TlsFiles[] = [];
    const failures: unknown[] = [];
    const stop = watchTlsFiles(
      {
        certPath,
        keyPath,
        onRenewed: async (files) => void renewed.push(files),
        onFailure: (error) => failures.push(error),
      },
      20,
    );
    const replace = async (path: string, content: string) => {
      await writeFile(`${path}.new`, content);
      await rename(`${path}.new`, path);
    };
    await new Promise((resolve) => setTimeout(resolve, 200));
    await replace(certPath, RENEWED_TLS.cert);
    await expect.poll(() => failures.length).toBe(1);
    expect(failures[0]).toMatchObject({ code: 'tls-invalid' });
    await replace(keyPath, RENEWED_TLS.key);
    await expect.poll(() => renewed).toEqual([RENEWED_TLS]);
    stop();
  });
});
