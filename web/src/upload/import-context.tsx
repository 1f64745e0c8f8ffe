import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import type { ImportItem, ImportQueue } from './import-queue.ts';

const ImportContext = createContext<ImportQueue | null>(null);

export function ImportProvider({
  queue,
  children,
}: {
  readonly queue: ImportQueue;
  readonly children: ReactNode;
}) {
  return <ImportContext value={queue}>{children}</ImportContext>;
}

export function useImportQueue(): ImportQueue {
  const queue = useContext(ImportContext);
  if (!queue) throw new Error('The import context is missing above this component.');
  return queue;
}

export function useImportItems(): readonly ImportItem[] {
  const queue = useImportQueue();
  return useSyncExternalStore(queue.subscribe, queue.snapshot);
}
