import type { FastifyRequest } from 'fastify';
import { type Actor, isRoleEnough, type Role } from '../model/access.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Access } from '../voice-recorder.ts';
import type { RecorderApp } from './recorder-app.ts';
import type { ServerAddress } from './server-address.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface AccessDesk {
  readonly access: Access;
  readonly address: ServerAddress;
  /** Known only once the port is. */
  readonly cookieName: () => string;
}

/** Puts the checks of Origin, token and role before every route, those that do not exist included. */
export function guardAccess(app: RecorderApp, desk: AccessDesk): void {
  app.decorateRequest('actor', null);

  app.addHook('onRoute', (route) => {
    if (route.config?.role === undefined) {
      throw new Error(`The route ${String(route.method)} ${route.url} does not say which role it needs.`);
    }
  });

  app.addHook('onRequest', async (request) => {
    refuseForeignOrigin(request, desk.address);
    const { url, config } = request.routeOptions;
    // The page answers every address that nothing else knows.
    const role = request.is404 || url === '/*' ? roleOfUnknown(request) : config.role;
    if (role === 'open') return;
    const actor = await identify(request, desk);
    if (!actor) {
      throw new VoiceRecorderError(
        'access-denied',
        'This needs a valid token ("Authorization: Bearer …") or a session. "vrp token" prints the token.',
      );
    }
    request.actor = actor;
    refuseLesserRole(actor, role ?? 'admin');
  });
}

/** Who asks nothing of the API gets the page; whether there is such a part of the API is told to known people only. */
function roleOfUnknown(request: FastifyRequest): Role | 'open' {
  return isApiPath(request.url) ? 'record' : 'open';
}

export function isApiPath(url: string): boolean {
  return /^\/api(?:$|[/?#])/i.test(url);
}

function refuseForeignOrigin({ method, headers }: FastifyRequest, address: ServerAddress): void {
  const { origin } = headers;
  if (SAFE_METHODS.has(method) || origin === undefined) return;
  if (address.isOwnOrigin(origin, headers.host)) return;
  throw new VoiceRecorderError(
    'origin-not-allowed',
    `A page of ${origin} asked for this; only pages of ${address.publicUrl?.origin ?? address.origin} may.`,
  );
}

async function identify(request: FastifyRequest, desk: AccessDesk): Promise<Actor | undefined> {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return desk.access.findActorByToken(bearer);
  const secret = request.cookies[desk.cookieName()];
  if (secret === undefined || secret === '') return undefined;
  const actor = await desk.access.findActorBySession(secret);
  if (actor && !SAFE_METHODS.has(request.method) && request.headers.origin === undefined) {
    throw new VoiceRecorderError(
      'origin-not-allowed',
      'A session may change things only from our own page, and this request has no Origin. Programs use a token.',
    );
  }
  return actor;
}

/** Rejects with `access-role`. */
export function refuseLesserRole(actor: Actor, needed: Role): void {
  if (isRoleEnough(actor.role, needed)) return;
  throw new VoiceRecorderError(
    'access-role',
    `"${actor.name}" has the role ${actor.role}; this needs the role ${needed}.`,
    { details: { role: actor.role, needed } },
  );
}
