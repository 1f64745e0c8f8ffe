import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { LocalTake } from '../capture/capture-port.ts';
import { useCapture, useCaptureSnapshot } from '../record/capture-context.tsx';

export const LOCAL_TAKES = ['local-takes'] as const;
const LOOK_AGAIN_MS = 1_500;

/** Every take of this browser that is not wholly at the server. `isWatched`: looks again while it is shown. */
export function useLocalTakes(isWatched: boolean): UseQueryResult<readonly LocalTake[]> {
  const capture = useCapture();
  const { localTakesVersion, phase, takeId } = useCaptureSnapshot();
  return useQuery({
    queryKey: [...LOCAL_TAKES, localTakesVersion, phase, takeId],
    queryFn: async () => (await capture.localTakes()).filter(({ isSent }) => !isSent),
    networkMode: 'always',
    placeholderData: keepPreviousData,
    retry: false,
    ...(isWatched ? { refetchInterval: LOOK_AGAIN_MS } : {}),
  });
}

/** Those that no card shows already; undefined until the browser's storage was read. */
export function useUnsentTakes(): readonly LocalTake[] | undefined {
  const takes = useLocalTakes(false);
  if (takes.isError) return [];
  return takes.data?.filter(({ state }) => state !== 'here');
}
