import { useQuery } from '@tanstack/react-query';
import { useCaptureValue } from './capture-context.tsx';

/** How much of its disk the browser lets this page use, and whether it promised to keep it. */
export interface BrowserStorage {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly isPersisted: boolean;
}

const LOOK_AGAIN_MS = 30_000;

/** Null where the browser does not say; undefined until it did. */
export function useBrowserStorage(): BrowserStorage | null | undefined {
  // A take that begins or ends asks for persistence and changes what is used.
  const phase = useCaptureValue((snapshot) => snapshot.phase);
  const version = useCaptureValue((snapshot) => snapshot.localTakesVersion);
  const storage = useQuery({
    queryKey: ['browser-storage', phase, version],
    queryFn: readBrowserStorage,
    placeholderData: (before) => before,
    networkMode: 'always',
    refetchInterval: LOOK_AGAIN_MS,
    retry: false,
  });
  return storage.data;
}

async function readBrowserStorage(): Promise<BrowserStorage | null> {
  const { storage } = navigator as { storage?: StorageManager };
  if (!storage?.estimate) return null;
  const [{ usage, quota }, isPersisted] = await Promise.all([
    storage.estimate(),
    storage.persisted().catch(() => false),
  ]);
  if (quota === undefined) return null;
  return { usedBytes: usage ?? 0, quotaBytes: quota, isPersisted };
}
