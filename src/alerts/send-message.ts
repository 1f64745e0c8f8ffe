import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { VoiceRecorderError } from '../model/failure.ts';
import { isPublicAddress, lookupPublic, notPublic } from './public-address.ts';

export interface Message {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** It may go to an address of this machine or network. */
  readonly isInnerAllowed: boolean;
}

/** From the connection to the last byte of the answer. */
const TIMEOUT_MS = 10_000;

/**
 * Posts a message and waits for a status of 200 to 299. Follows no redirect and reads no more of the answer than its
 * status. Rejects with `alert-target-refused` or `alert-not-delivered`.
 */
export async function sendMessage({ url, headers, body, isInnerAllowed }: Message): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isInnerAllowed && isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(host);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const status = await new Promise<number>((resolve, reject) => {
    const outgoing = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(isInnerAllowed ? {} : { lookup: lookupPublic }),
    });
    outgoing.on('response', (answer) => {
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on('error', (error) => reject(asRefusal(error, url)));
    outgoing.end(body);
  });
  if (status >= 200 && status < 300) return;
  const isRedirect = status >= 300 && status < 400;
  throw notDelivered(
    url,
    isRedirect ? `it sends elsewhere (${status}), which is not followed` : `it answered ${status}`,
  );
}

function asRefusal(error: Error, url: URL): Error {
  if (error instanceof VoiceRecorderError) return error;
  const isLate = error.name === 'TimeoutError' || error.name === 'AbortError';
  return notDelivered(url, isLate ? `it did not answer within ${TIMEOUT_MS / 1000} s` : error.message);
}

function notDelivered({ origin }: URL, why: string): VoiceRecorderError {
  return new VoiceRecorderError('alert-not-delivered', `${origin} did not take the message: ${why}.`);
}
