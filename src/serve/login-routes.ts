import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ROLES } from '../model/access.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;
const MAX_BODY_BYTES = 4096;
const SESSION_SECONDS = 30 * 24 * 60 * 60;

const actorSchema = z.object({ name: z.string(), role: z.enum(ROLES) });
const secret = z.string().min(1).max(200);
const proofSchema = z.union([z.strictObject({ code: secret }), z.strictObject({ token: secret })]);

/** Exchanges a login code or token for a cookie, says who is signed in, signs out. */
export function addLoginRoutes(app: RecorderApp, desk: RouteDesk, cookieName: () => string): void {
  const { access } = desk.recorder;
  const limiter = app.createRateLimit({ max: MAX_FAILURES, timeWindow: WINDOW_MS });
  const cookieOptions = (request: FastifyRequest): CookieSerializeOptions => ({
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    // A proxy that is trusted may do TLS without our knowing its address.
    secure: desk.address.isSecure || request.protocol === 'https',
  });

  app.post(
    '/api/login',
    {
      config: { role: 'open' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        body: proofSchema,
        response: answers(actorSchema),
        summary: 'Exchange a login code or token',
      },
    },
    async (request, reply) => {
      const failures = await limiter(request, { increment: false });
      if (!failures.isAllowed && failures.remaining === 0) {
        reply.header('retry-after', String(failures.ttlInSeconds));
        throw new VoiceRecorderError(
          'too-many-requests',
          `Too many failed logins from ${request.ip}; try again in ${failures.ttlInSeconds} seconds.`,
        );
      }
      const opened = await access.logIn(request.body);
      if (!opened) {
        await limiter(request);
        throw new VoiceRecorderError(
          'login-invalid',
          'This login code or token is not valid. A code works once, for ten minutes; "vrp token" prints the token.',
        );
      }
      reply.setCookie(cookieName(), opened.sessionSecret, {
        ...cookieOptions(request),
        maxAge: SESSION_SECONDS,
      });
      return { name: opened.actor.name, role: opened.actor.role };
    },
  );

  app.post(
    '/api/logout',
    { config: { role: 'record' }, schema: { summary: 'End this session' } },
    async (request, reply) => {
      const session = request.cookies[cookieName()];
      if (session) await access.logOut(session);
      return reply.clearCookie(cookieName(), cookieOptions(request)).code(204).send();
    },
  );

  app.get(
    '/api/session',
    {
      config: { role: 'record' },
      schema: { response: answers(actorSchema), summary: 'Who am I?' },
    },
    async (request, reply) => {
      const session = request.cookies[cookieName()];
      const isBySession = session !== undefined && request.headers.authorization === undefined;
      // The session slides, so its cookie has to.
      if (isBySession) {
        reply.setCookie(cookieName(), session, { ...cookieOptions(request), maxAge: SESSION_SECONDS });
      }
      return reply.header('cache-control', 'no-store').send(whoIs(request.actor));
    },
  );
}

function whoIs(actor: z.infer<typeof actorSchema> | null): z.infer<typeof actorSchema> {
  if (!actor) throw new VoiceRecorderError('access-denied', 'Nobody is signed in.');
  return { name: actor.name, role: actor.role };
}
