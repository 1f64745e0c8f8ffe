import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CleanupKind, Recommendation } from '../../../src/model/cleanup.ts';
import { messageOf } from '../api/http.ts';
import { KEYS } from '../api/queries.ts';
import { letGo } from '../api/storage.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { useToast } from '../ui/toasts.tsx';

const words = STRINGS.storage;

/** Lets one kind go at a time, and says what became of it. */
export function useCleanup() {
  const [running, setRunning] = useState<CleanupKind>();
  const queries = useQueryClient();
  const toast = useToast();

  async function run({ kind }: Recommendation): Promise<void> {
    queries.removeQueries({ queryKey: KEYS.cleanupProgress });
    setRunning(kind);
    try {
      const { freedBytes, done, failed } = await letGo([kind]);
      const count = done.reduce((sum, one) => sum + one.count, 0);
      const isTrash = kind === 'duplicates';
      if (count > 0)
        toast({
          message: isTrash
            ? words.doneTrash(new Intl.NumberFormat().format(count))
            : words.done(formatBytes(freedBytes)),
        });
      const [first] = failed;
      if (first) toast({ kind: 'error', message: words.notAll(failed.length, first.message) });
    } catch (error) {
      toast({ kind: 'error', message: STRINGS.trash.failed(messageOf(error)) });
    } finally {
      await queries.invalidateQueries({ queryKey: KEYS.overview });
      for (const queryKey of [KEYS.storage, KEYS.lists, KEYS.tags])
        void queries.invalidateQueries({ queryKey });
      setRunning(undefined);
    }
  }

  return { running, letGo: (what: Recommendation) => void run(what) };
}
