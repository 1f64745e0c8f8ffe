// Keeps the shell of the page (document, scripts, styles, icons) so that it opens while the server is away.
// Recordings and everything else under /api never pass through here. The build replaces the two constants.

const SHELL_VERSION = '%SHELL_VERSION%';
const SHELL_FILES = ['%SHELL_FILES%'];
const CACHE_PREFIX = 'vrp-shell-';
const CACHE_NAME = CACHE_PREFIX + SHELL_VERSION;
const PAGE_TIMEOUT_MS = 4000;
// As the page names the Web Lock of a take that is being recorded.
const RUNNING_LOCK = 'vrp-running-';

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE_NAME).then((cache) => cache.addAll(SHELL_FILES)));
});

// A new version waits until a page says that no take is running, and no tab holds the lock of one.
self.addEventListener('message', (event) => {
  if (event.data?.type === 'activate') event.waitUntil(activateWhenNobodyRecords());
});

async function activateWhenNobodyRecords() {
  const { held } = await self.navigator.locks.query();
  if (!held.some(({ name }) => name.startsWith(RUNNING_LOCK))) await self.skipWaiting();
}

self.addEventListener('activate', (event) => {
  // A page that nobody controls would not hold a newer version back.
  event.waitUntil(forgetOldShells().then(() => self.clients.claim()));
});

/** The shell before this one stays: a page opened with it may still ask for its files. */
async function forgetOldShells() {
  const others = (await caches.keys()).filter((key) => key.startsWith(CACHE_PREFIX) && key !== CACHE_NAME);
  await Promise.all(others.slice(0, -1).map((key) => caches.delete(key)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== 'GET' || address.origin !== self.location.origin) return;
  if (address.pathname.startsWith('/api/') || address.pathname === '/metrics') return;
  if (request.mode === 'navigate') {
    event.respondWith(freshPage(request));
  } else if (address.pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  } else {
    event.respondWith(
      fetch(request).catch(async (error) => (await caches.match(request)) ?? Promise.reject(error)),
    );
  }
});

async function freshPage(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) });
  } catch (error) {
    // This worker's own: an older shell may be kept beside it.
    const kept = await (await caches.open(CACHE_NAME)).match('/index.html');
    if (kept) return kept;
    throw error;
  }
}
