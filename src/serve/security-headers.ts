import helmet from '@fastify/helmet';
import Fastify from 'fastify';
import type { RecorderApp } from './recorder-app.ts';

/** What a page of ours may do in the browser: its own scripts, its own server, nothing else. */
export async function addSecurityHeaders(app: RecorderApp, isSecure: boolean): Promise<void> {
  const headers = {
    ...(await askHelmet(isSecure)),
    'permissions-policy': 'microphone=(self), camera=(), geolocation=(), payment=(), usb=()',
  };
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** The headers that helmet gives every answer. They are always the same, so that it is asked once and not each time. */
async function askHelmet(isSecure: boolean): Promise<Record<string, string>> {
  const bare = Fastify();
  bare.get('/', async () => '');
  const plain = await bare.inject('/');
  await bare.close();

  const protectedApp = Fastify();
  await protectedApp.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // Capture encodes and hashes in WebAssembly.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        workerSrc: ["'self'", 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    strictTransportSecurity: isSecure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
  });
  protectedApp.get('/', async () => '');
  const answer = await protectedApp.inject('/');
  await protectedApp.close();
  return Object.fromEntries(
    Object.entries(answer.headers)
      .filter(([name]) => !(name in plain.headers))
      .map(([name, value]) => [name, String(value)]),
  );
}
