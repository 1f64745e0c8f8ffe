import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { VoiceRecorderError } from '../model/failure.ts';
import { isApiPath } from './access-guard.ts';
import type { KnownRoutes } from './known-routes.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const NOT_BUILT = 'The web recorder has not been built: run "npm run build", then load this page again.\n';
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The built page. Files under `assets/` have their hash in their name; all others are asked for anew each time. */
export async function addWebRoutes(
  app: RecorderApp,
  desk: RouteDesk,
  knownRoutes: KnownRoutes,
): Promise<void> {
  const { address, webFolder } = desk;
  // The root is given with each file: the folder may be built while the server runs.
  await app.register(fastifyStatic, { serve: false, cacheControl: false, dotfiles: 'ignore' });

  app.get('/*', { config: { role: 'open' }, schema: { hide: true } }, async (request, reply) => {
    const path = (request.params as { '*': string })['*'];
    if (isApiPath(request.url)) return reply.callNotFound();
    const canonical = address.canonicalOriginFor(request.headers.host);
    if (canonical !== undefined) return redirect(request, reply, canonical);
    if (path === '' || path === 'index.html') return sendShell(reply, webFolder);
    if (webFolder === null || path.includes('\0')) return reply.callNotFound();
    reply.header('cache-control', path.startsWith('assets/') ? IMMUTABLE : 'no-cache');
    return reply.sendFile(path, webFolder);
  });

  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    if (!isApiPath(request.url) && isForPage(request)) return sendShell(reply, webFolder);
    const methods = knownRoutes.methodsOf(path);
    if (methods.length > 0) {
      const allowed = methods.join(', ');
      reply.header('allow', allowed);
      throw new VoiceRecorderError(
        'method-not-allowed',
        `${request.method} is not possible here, but ${allowed}.`,
      );
    }
    throw new VoiceRecorderError('route-unknown', `There is nothing at ${path.slice(0, 200)}.`);
  });
}

/** Addresses of the page's own router; a missing file (with an ending) is no such address. */
function isForPage({ method, headers, url }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return (headers.accept ?? '').includes('text/html') && !/\.\w+(?:$|\?)/.test(url);
}

function redirect(request: FastifyRequest, reply: FastifyReply, origin: string): FastifyReply {
  // Browsers carry the fragment of the old address (a login code) over to one that has none.
  const path = `/${request.url.replace(/^[/\\]+/, '')}`;
  return reply.header('cache-control', 'no-store').redirect(origin + path, 307);
}

async function sendShell(reply: FastifyReply, webFolder: string | null): Promise<FastifyReply> {
  reply.header('cache-control', 'no-cache');
  const page = webFolder === null ? null : await readFile(join(webFolder, 'index.html')).catch(() => null);
  if (page === null) return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
  return reply.code(200).type('text/html; charset=utf-8').send(page);
}
