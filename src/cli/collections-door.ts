import type { Library } from '../voice-recorder.ts';
import type { ApiClient } from './api-client.ts';

/** Collections as a whole, wherever the library is open. Both changes resolve to the number of recordings changed. */
export interface CollectionsDoor {
  list(): ReturnType<Library['collections']>;
  /** A collection that has the new name already takes this one in. Rejects with `collection-unknown`. */
  rename(name: string, to: string): Promise<number>;
  /** The recordings stay. Rejects with `collection-unknown`. */
  remove(name: string): Promise<number>;
}

export function collectionsInProcess(library: Library, actor: string): CollectionsDoor {
  return {
    list: () => library.collections(),
    rename: (name, to) => library.renameCollection(name, to, actor),
    remove: (name) => library.removeCollection(name, actor),
  };
}

export function collectionsThroughServer(api: ApiClient): CollectionsDoor {
  const change = async (method: string, name: string, body?: Readonly<Record<string, unknown>>) => {
    const path = `/api/collections/${encodeURIComponent(name)}`;
    const { json } = await api.request(method, path, body ? { body } : {});
    return (json as { changedRecordings: number }).changedRecordings;
  };
  return {
    async list() {
      const { json } = await api.request('GET', '/api/collections');
      return (json as { items: Awaited<ReturnType<CollectionsDoor['list']>> }).items;
    },
    rename: (name, to) => change('PATCH', name, { name: to }),
    remove: (name) => change('DELETE', name),
  };
}
