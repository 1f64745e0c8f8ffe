import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { isUnauthorised } from './api/http.ts';
import { takeLoginCode } from './api/login-code.ts';
import { KEYS, shouldRetry } from './api/queries.ts';
import { logIn } from './api/session.ts';
import { createCapture } from './capture/create-capture.ts';
import { CaptureProvider } from './record/capture-context.tsx';
import { keepPageVersion } from './shell/page-version.ts';
import { makeRouter } from './shell/router.tsx';
import { STRINGS } from './strings.ts';
import './styles.css';
import { ToastProvider } from './ui/toasts.tsx';
import { ImportProvider } from './upload/import-context.tsx';
import { ImportQueue } from './upload/import-queue.ts';
import { createResumeMemory } from './upload/resume-memory.ts';

// Before anything else: a login code must not stay in the address, the history or a screenshot.
const loginCode = takeLoginCode(location, history);
const loginProblem = loginCode === null ? null : await exchange(loginCode);

const queries: QueryClient = new QueryClient({
  // Whether the server answers is asked of the server: it may run on this very machine while the network is away.
  defaultOptions: {
    queries: { retry: shouldRetry, staleTime: 5000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
  queryCache: new QueryCache({
    onError: (error) => {
      if (isUnauthorised(error)) queries.setQueryData(KEYS.session, null);
    },
  }),
});
const capture = createCapture();
const imports = new ImportQueue({
  uploadsUrl: new URL('/api/uploads', location.href).href,
  fetch: (...wish) => fetch(...wish),
  memory: createResumeMemory(localStorage),
  onStored: () => void queries.invalidateQueries({ queryKey: KEYS.lists }),
});
const router = makeRouter(loginProblem);

// A login link opened in a tab that already shows this page changes only the fragment.
window.addEventListener('hashchange', () => {
  const code = takeLoginCode(location, history);
  if (code !== null) void exchange(code).then(() => queries.invalidateQueries());
});

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <CaptureProvider capture={capture}>
          <ImportProvider queue={imports}>
            <ToastProvider>
              <RouterProvider router={router} />
            </ToastProvider>
          </ImportProvider>
        </CaptureProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // Without it the page works all the same, only not while the server is away.
  void keepPageVersion(capture, navigator.serviceWorker).catch(() => undefined);
}

/** Null when the code was accepted, else why not. */
async function exchange(code: string): Promise<string | null> {
  try {
    await logIn({ code });
    return null;
  } catch (error) {
    return isUnauthorised(error) ? STRINGS.login.usedCode : STRINGS.login.unreachable;
  }
}
