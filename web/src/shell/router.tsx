import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from '@tanstack/react-router';
import { HealthPage } from '../health/health-page.tsx';
import { DetailPage } from '../library/detail-page.tsx';
import { LibraryPage, NothingOpen } from '../library/library-page.tsx';
import { TrashPage } from '../library/trash-page.tsx';
import { RecordPage } from '../record/record-page.tsx';
import { RecoveryPage } from '../recovery/recovery-page.tsx';
import { StoragePage } from '../storage/storage-page.tsx';
import { STRINGS } from '../strings.ts';
import { Shell } from './shell.tsx';

/**
 * `/` records, `/library` lists, `/library/<id>` opens one recording, `/trash` shows what was thrown away,
 * `/storage` where the space goes, `/health` how the server is and `/health/performance` how it was,
 * `/recovery` what this browser still keeps. */
export function makeRouter(loginProblem: string | null) {
  const root = createRootRoute({ component: () => <Shell loginProblem={loginProblem} /> });
  const record = createRoute({ getParentRoute: () => root, path: '/', component: RecordPage });
  const library = createRoute({ getParentRoute: () => root, path: '/library', component: LibraryPage });
  const nothingOpen = createRoute({ getParentRoute: () => library, path: '/', component: NothingOpen });
  const detail = createRoute({ getParentRoute: () => library, path: '$id', component: DetailPage });
  const trash = createRoute({ getParentRoute: () => root, path: '/trash', component: TrashPage });
  const storage = createRoute({ getParentRoute: () => root, path: '/storage', component: StoragePage });
  const health = createRoute({ getParentRoute: () => root, path: '/health', component: HealthPage });
  const performance = createRoute({
    getParentRoute: () => root,
    path: '/health/performance',
    // Charts are looked at rarely; nobody who wants to record waits for their library.
    component: lazyRouteComponent(() => import('../health/performance-page.tsx'), 'PerformancePage'),
  });
  const recovery = createRoute({ getParentRoute: () => root, path: '/recovery', component: RecoveryPage });
  return createRouter({
    routeTree: root.addChildren([
      record,
      recovery,
      library.addChildren([nothingOpen, detail]),
      trash,
      storage,
      health,
      performance,
    ]),
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: Crashed,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}

function NotFound() {
  return (
    <div className="grid h-full place-content-center gap-3 p-8 text-center">
      <h1 className="text-xl font-semibold">{STRINGS.app.notFound}</h1>
      <Link to="/" className="button justify-self-center">
        {STRINGS.app.notFoundLink}
      </Link>
    </div>
  );
}

function Crashed() {
  return (
    <div role="alert" className="grid h-full place-content-center gap-3 p-8 text-center">
      <h1 className="text-xl font-semibold">{STRINGS.app.crashed}</h1>
      <button type="button" className="button justify-self-center" onClick={() => location.reload()}>
        {STRINGS.app.reload}
      </button>
    </div>
  );
}
