import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useLiveRefresh } from '../api/events.ts';
import { useSession } from '../api/queries.ts';
import { JobsDrawer } from '../jobs/jobs-drawer.tsx';
import { LoginPage } from '../login/login-page.tsx';
import { CaptureAnnouncer } from '../record/announcer.tsx';
import { useCaptureValue } from '../record/capture-context.tsx';
import { isAtRest } from '../record/capture-phases.ts';
import { STRINGS } from '../strings.ts';
import { DropZone } from '../upload/drop-zone.tsx';
import { ImportPanel } from '../upload/import-panel.tsx';
import { becomeFamiliar, isFamiliar } from './familiar.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { NavigationBar, NavigationRail } from './navigation.tsx';
import { RunningTakeBar } from './running-take-bar.tsx';
import { SignedOutBar } from './signed-out-bar.tsx';

/** The frame of every page; asks who is there first, but never takes a running recorder away for it. */
export function Shell({ loginProblem }: { readonly loginProblem: string | null }) {
  const session = useSession();
  const hasTake = !useCaptureValue((snapshot) => isAtRest(snapshot.phase));
  const isRefused = useCaptureValue((snapshot) => snapshot.connection === 'unauthorised');
  const isLocalPage = useIsLocalPage(loginProblem);
  const [wasSignedIn, setWasSignedIn] = useState(false);
  const isSignedIn = Boolean(session.data);
  if (isSignedIn && !wasSignedIn) setWasSignedIn(true);
  useEffect(() => {
    if (isSignedIn) becomeFamiliar();
  }, [isSignedIn]);
  useLiveRefresh(isSignedIn);

  if (session.isPending && session.failureCount === 0 && !isLocalPage) return null;
  if (session.data === null && !wasSignedIn && !hasTake && !isLocalPage) {
    return <LoginPage problem={loginProblem} />;
  }
  return (
    <div className="grid h-dvh grid-cols-1 grid-rows-[minmax(0,1fr)_auto] md:grid-cols-[auto_minmax(0,1fr)] md:grid-rows-1">
      <a
        href="#content"
        className="button button-strong fixed top-2 left-2 z-50 -translate-y-20 focus:translate-y-0"
      >
        {STRINGS.app.skipToContent}
      </a>
      <NavigationRail role={session.data?.role ?? 'admin'} />
      <div className="flex min-h-0 min-w-0 flex-col">
        {session.data === null || isRefused ? <SignedOutBar /> : null}
        <RunningTakeBar />
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          <Outlet />
        </main>
      </div>
      <NavigationBar role={session.data?.role ?? 'admin'} />
      <ImportPanel />
      <DropZone />
      <KeysDialog />
      <JobsDrawer />
      <CaptureAnnouncer />
    </div>
  );
}

/** Pages that need nobody signed in: what lies in this browser, and the recorder of one that was signed in before. */
function useIsLocalPage(loginProblem: string | null): boolean {
  const path = useLocation({ select: (location) => location.pathname });
  return path === '/recovery' || (path === '/' && loginProblem === null && isFamiliar());
}
