import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from '../../test/raw-http.ts';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import { seededRandom } from '../../test/voice-wav.ts';

const REQUESTS = 320;
const SEED = Number(process.env['VRP_FUZZ_SEED'] ?? 20_261_122);

let served: ServedRecorder;
const rejections: unknown[] = [];
const collect = (reason: unknown) => rejections.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', collect);
  served = await serveRecorder({ webFolder: import.meta.dirname });
});
afterAll(async () => {
  process.off('unhandledRejection', collect);
  await served.close();
});

const METHODS = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PATCH',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'TRACE',
  'QUERY',
];
const PATHS = [
  '/',
  '*',
  '/api',
  '/api/',
  '/api/recordings',
  '/api/recordings?limit=1e9&cursor=%00',
  '/api/recordings?query=%ff%fe&order[]=x',
  '/api/recordings/%2e%2e',
  '/api/recordings/ID/audio',
  '/api/recordings/ID/audio?rendition[]=a&rendition=b',
  '/api/recordings/ID/peaks?from=Infinity&width=-0',
  '/api/recordings/ID/restore',
  '/api/takes/ID',
  '/api/takes/..%2f..%2fetc/audio?rendition=playable',
  '/api/takes/%00/peaks?width=9',
  '/api/uploads',
  '/api/uploads/UPLOAD',
  '/api/uploads/%zz',
  '/api/login',
  '/api/logout',
  '/api/events',
  '/api/openapi.json',
  '/%',
  '/%c0%ae%c0%ae/',
  '//////',
  '/\\..\\..\\etc',
  '/assets/%F0%9F',
  'http://127.0.0.1:PORT/api/session',
  'http://evil.example:PORT/',
  `/${'a'.repeat(20_000)}`,
  '/api/../api/./session',
  '/__proto__/constructor',
  '/api/recordings/__proto__',
];
const HEADERS = [
  'Range: bytes=-99999999999999999999',
  'Range: bytes=0-0,2-3',
  'If-Match: "',
  'If-None-Match: ,,,"',
  'If-Range: "x',
  'Content-Type: application/json',
  'Content-Type: application/offset+octet-stream',
  'Content-Type: ;;;=',
  'Content-Type: multipart/form-data',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Tus-Resumable: 1.0.0',
  'Tus-Resumable: ',
  'Upload-Offset: 0',
  'Upload-Offset: NaN',
  'Upload-Length: 10',
  'Upload-Length: 10\r\nUpload-Length: 11',
  'Upload-Defer-Length: 1',
  'Upload-Metadata: filename \xff,,',
  'Upload-Metadata: title dGl0bGU=',
  'Upload-Checksum: sha256 AAAA',
  'Cookie: =; vrp=; ;;; %%%=%%%',
  `Cookie: a=${'b'.repeat(5000)}`,
  'Origin: null',
  'Origin: http://127.0.0.1:PORT',
  'Accept: text/html',
  'X-Forwarded-For: 1.2.3.4, evil',
  'X-Forwarded-Host: evil.example',
  'X-HTTP-Method-Override: DELETE',
  'Host: evil.example',
];
/** What the HTTP parser itself should catch. */
const BROKEN_HEADERS = [
  'Content-Length: 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Bad Header',
  ': empty',
  'Range: \x80\xff',
  'Expect: nonsense',
  'Expect: 100-continue',
];
const BODIES = [
  '',
  '{"title":"x"}',
  '{',
  '\0\0\0\0\0',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'zz\r\n',
  '{"code":{}}',
];

describe('no request', () => {
  it(`of ${REQUESTS} strange ones (seed ${SEED}) ends the server or makes it fail`, async () => {
    const { port } = served.server;
    const recording = served.recorder.addRecording(Buffer.from('some audio'));
    const created = await served.ask('/api/uploads', {
      method: 'POST',
      headers: { 'tus-resumable': '1.0.0', 'upload-defer-length': '1' },
    });
    const uploadId = created.headers.get('location')?.split('/').pop() ?? '';
    const random = seededRandom(SEED);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
    const fill = (text: string) =>
      text.replaceAll('ID', recording.id).replaceAll('UPLOAD', uploadId).replaceAll('PORT', String(port));
    const seen = new Map<number, number>();

    for (let batch = 0; batch < REQUESTS / 16; batch++) {
      const requests = Array.from({ length: 16 }, () => {
        const method = random() < 0.03 ? pick(['get', '', 'GET GET']) : pick(METHODS);
        const lines = [`${method} ${fill(pick(PATHS))} HTTP/1.1`];
        if (random() < 0.97) lines.push(`Host: 127.0.0.1:${port}`);
        if (random() < 0.85) lines.push(`Authorization: Bearer ${served.token}`);
        for (let count = Math.floor(random() * 5); count > 0; count--) lines.push(fill(pick(HEADERS)));
        if (random() < 0.1) lines.push(pick(BROKEN_HEADERS));
        const body = random() < 0.4 ? pick(BODIES) : '';
        if (random() < 0.9) lines.push(`Content-Length: ${body.length}`);
        return `${lines.join('\r\n')}\r\n\r\n${body}`;
      });
      const answers = await Promise.all(requests.map((request) => sendRaw(port, request, 150)));
      answers.forEach(({ status }, index) => {
        expect(status === 500, requests[index]).toBe(false);
        seen.set(status, (seen.get(status) ?? 0) + 1);
      });
      expect((await served.ask('/api/health/live')).status).toBe(200);
    }

    expect(rejections).toEqual([]);
    expect(served.log()).not.toContain('internal error');
    // The requests got far enough to mean something.
    for (const status of [200, 400, 401, 404, 405, 421])
      expect(seen.get(status), String(status)).toBeGreaterThan(0);
  });
});
