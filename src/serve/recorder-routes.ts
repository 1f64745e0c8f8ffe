import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors, validatorCompiler } from 'fastify-type-provider-zod';
import { VoiceRecorderError } from '../model/failure.ts';
import { guardAccess } from './access-guard.ts';
import { addAlertRoutes } from './alert-routes.ts';
import { addAudioRoutes } from './audio-routes.ts';
import { addBackupRoutes } from './backup-routes.ts';
import { addCleanupRoutes } from './cleanup-routes.ts';
import { addCollectionRoutes } from './collection-routes.ts';
import { addCopyRoutes } from './copy-routes.ts';
import { addEventRoutes } from './event-routes.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addHistoryRoutes } from './history-routes.ts';
import { addJobRoutes } from './job-routes.ts';
import { rememberRoutes } from './known-routes.ts';
import { addLoginRoutes } from './login-routes.ts';
import { addManyRoutes } from './many-routes.ts';
import { addMetricsRoutes, countRequests } from './metrics-routes.ts';
import { describeRoutes } from './open-api.ts';
import { addPreflightRoutes } from './preflight-routes.ts';
import { answerProblem } from './problem.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { addRecordingRoutes } from './recording-routes.ts';
import { logRequests } from './request-log.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { addStatusRoutes } from './status-routes.ts';
import { addStoreRoutes } from './store-routes.ts';
import { addTakeRoutes } from './take-routes.ts';
import { addTokenRoutes } from './token-routes.ts';
import { endUnreadBodies } from './unread-body.ts';
import { addUploadRoutes } from './upload-routes.ts';
import { addVerificationRoutes } from './verification-routes.ts';
import { addWebRoutes } from './web-routes.ts';

/** Puts everything together that stands between a request and the recorder. The order is the order of the checks. */
export async function addRecorderRoutes(app: RecorderApp, desk: RouteDesk): Promise<void> {
  const { recorder, address } = desk;
  // Two stores, or two ports of one machine, share a browser's cookies; their names keep them apart.
  const cookieName = () => `vrp_${address.port}_${recorder.storeId.slice(-8)}`;

  // Other sites can make a browser send plain text without asking; JSON they cannot.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  // Answers are typed and come from the house itself; the schemas describe them.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { problem, headers } = answerProblem(asInputFailure(error), request.id);
    if (request.routeOptions.url?.startsWith('/api/uploads')) desk.metrics.http.noteRefusal(problem.code);
    if (problem.code === 'internal') request.log.error({ err: error }, 'internal error');
    return reply.code(problem.status).headers(headers).serializer(JSON.stringify).send(problem);
  });

  countRequests(app, desk);
  logRequests(app);
  endUnreadBodies(app);
  await addSecurityHeaders(app, address.isSecure);
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  guardAccess(app, { access: recorder.access, address, cookieName });
  const knownRoutes = rememberRoutes(app);
  await describeRoutes(app, desk.version);

  addMetricsRoutes(app, desk);
  addStatusRoutes(app, desk);
  addHealthRoutes(app, desk);
  addAlertRoutes(app, desk);
  addPreflightRoutes(app, desk);
  addStoreRoutes(app, desk);
  addBackupRoutes(app, desk);
  addLoginRoutes(app, desk, cookieName);
  addTokenRoutes(app, desk);
  addRecordingRoutes(app, desk);
  addManyRoutes(app, desk);
  addHistoryRoutes(app, desk);
  addCollectionRoutes(app, desk);
  addAudioRoutes(app, desk);
  addVerificationRoutes(app, desk);
  addTakeRoutes(app, desk);
  addCleanupRoutes(app, desk);
  addJobRoutes(app, desk);
  addCopyRoutes(app, desk);
  addEventRoutes(app, desk);
  await app.register((scope, _options, done) => {
    addUploadRoutes(scope as RecorderApp, desk);
    done();
  });
  await addWebRoutes(app, desk, knownRoutes);
}

/** Names the field that a schema refused, and what was expected of it. */
function asInputFailure(error: FastifyError): unknown {
  if (!hasZodFastifySchemaValidationErrors(error)) return error;
  const faults = error.validation.map(({ instancePath, message }) => {
    const field = instancePath.split('/').filter(Boolean).join('.');
    return field === '' ? `${message ?? 'invalid'}` : `"${field}": ${message ?? 'invalid'}`;
  });
  return new VoiceRecorderError(
    'invalid-input',
    `The ${error.validationContext ?? 'request'} is not as expected. ${faults.join('; ')}.`,
    { cause: error },
  );
}
