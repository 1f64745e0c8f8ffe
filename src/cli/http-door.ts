import type { NamedToken, Role } from '../model/access.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { HistoryPage } from '../model/history.ts';
import { listParameters } from '../model/list-parameters.ts';
import type { Recording, RecordingPage } from '../model/recording.ts';
import type { Take } from '../model/take.ts';
import type { Rehearsal } from '../open-rehearsal.ts';
import { type ApiClient, connect, type ServerAddress } from './api-client.ts';
import { takesThroughServer } from './capture/take-uploads.ts';
import { careThroughServer } from './care-door.ts';
import { collectionsThroughServer } from './collections-door.ts';
import { copiesThroughServer } from './copies-door.ts';
import { filesThroughServer } from './files-door.ts';
import { importThroughServer } from './http-import.ts';
import { jobsThroughServer } from './jobs-door.ts';
import type { LibraryDoor } from './library-door.ts';
import { storeThroughServer } from './store-door.ts';

/** The library of a running server. */
export async function openHttpDoor(
  server: ServerAddress,
  place: { readonly dataDir: string; readonly storeId: string | undefined },
): Promise<LibraryDoor> {
  const api = await connect(server);
  let rehearsal: Rehearsal | undefined;
  const recordingPath = (id: string) => `/api/recordings/${encodeURIComponent(id)}`;
  return {
    dataDir: place.dataDir,
    storeId: place.storeId,
    importsAtOnce: 1,
    list: async (query) =>
      (await api.request('GET', `/api/recordings?${listParameters(query)}`)).json as RecordingPage,
    async find(id) {
      try {
        return await requestRecording(api, 'GET', recordingPath(id));
      } catch (error) {
        if (failureCodeOf(error) === 'recording-unknown') return undefined;
        throw error;
      }
    },
    async segmentsOf(takeId) {
      try {
        const answer = await api.request('GET', `/api/takes/${encodeURIComponent(takeId)}`);
        return (answer.json as Take).segments;
      } catch (error) {
        if (failureCodeOf(error) === 'take-unknown') return [];
        throw error;
      }
    },
    async history(id, { limit, cursor } = {}) {
      const parameters = new URLSearchParams({
        ...(limit === undefined ? {} : { limit: String(limit) }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return (await api.request('GET', `${recordingPath(id)}/history?${parameters}`)).json as HistoryPage;
    },
    undo: (id, version) => requestRecording(api, 'POST', `${recordingPath(id)}/history/${version}/undo`),
    amend: (id, amendment, expectedVersion) =>
      requestRecording(api, 'PATCH', recordingPath(id), { ...amendment }, expectedVersion),
    trash: (id) => requestRecording(api, 'DELETE', recordingPath(id)),
    restore: (id) => requestRecording(api, 'POST', `${recordingPath(id)}/restore`),
    async importFile(path, options) {
      if (!options.isDryRun) return importThroughServer(api, place.dataDir, path, options);
      const { openRehearsal } = await import('../open-rehearsal.ts');
      rehearsal ??= openRehearsal(place.dataDir);
      return rehearsal.importFile(path, options);
    },
    takes: takesThroughServer(api),
    collections: collectionsThroughServer(api),
    care: careThroughServer(api),
    tokens: {
      async addToken(name: string, role: Role) {
        const { json } = await api.request('POST', '/api/tokens', { body: { name, role } });
        return (json as { token: string }).token;
      },
      async listTokens() {
        const { json } = await api.request('GET', '/api/tokens');
        return (json as { items: readonly NamedToken[] }).items;
      },
      async revokeToken(name: string) {
        await api.request('DELETE', `/api/tokens/${encodeURIComponent(name)}`);
      },
    },
    files: filesThroughServer(api),
    store: storeThroughServer(api),
    jobs: jobsThroughServer(api),
    copies: copiesThroughServer(api),
    async close() {
      api.close();
      await rehearsal?.close();
    },
  };
}

async function requestRecording(
  api: ApiClient,
  method: string,
  path: string,
  body?: Readonly<Record<string, unknown>>,
  expectedVersion?: number,
): Promise<Recording> {
  const answer = await api.request(method, path, {
    ...(body ? { body } : {}),
    ...(expectedVersion === undefined ? {} : { headers: { 'if-match': `"${expectedVersion}"` } }),
  });
  return answer.json as Recording;
}
