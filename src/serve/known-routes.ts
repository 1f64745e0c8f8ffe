import type { RecorderApp } from './recorder-app.ts';

export interface KnownRoutes {
  /** Methods possible at `path`; none when there is no such place. */
  methodsOf(path: string): readonly string[];
}

/** Remembers every route added to `app` from here on, to tell "not this way" (405) from "not here" (404). */
export function rememberRoutes(app: RecorderApp): KnownRoutes {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
    const route = routes.get(url) ?? { pattern, methods: new Set() };
    for (const name of [method].flat()) route.methods.add(name);
    routes.set(url, route);
  });
  return {
    methodsOf: (path) => {
      const route = [...routes.values()].find(({ pattern }) => pattern.test(path));
      return route ? [...route.methods].sort() : [];
    },
  };
}
