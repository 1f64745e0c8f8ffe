import { useEffect, useState } from 'react';
import { messageOf } from '../api/http.ts';
import { STRINGS } from '../strings.ts';
import { ImportIcon } from '../ui/icons.tsx';
import { useToast } from '../ui/toasts.tsx';
import { droppedFiles } from './dropped-files.ts';
import { useImportQueue } from './import-context.tsx';

/** The whole window takes files. */
export function DropZone() {
  const queue = useImportQueue();
  const toast = useToast();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onDragOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onDragLeave = (event: DragEvent) => {
      // Leaving one element for another names the other; leaving the window names none.
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      droppedFiles(event.dataTransfer).then(
        (files) => queue.add(files),
        (error: unknown) => toast({ kind: 'error', message: messageOf(error) }),
      );
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('dragleave', onDragLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('dragleave', onDragLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [queue, toast]);
  if (!isOver) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-50 grid place-items-center bg-paper/85 p-6">
      <div className="deck rise flex max-w-md flex-col items-center gap-3 border-2 border-dashed border-deck-safe px-10 py-12 text-center">
        <ImportIcon size={40} />
        <p className="text-xl font-semibold">{STRINGS.imports.drop}</p>
        <p className="text-deck-soft">{STRINGS.imports.dropBody}</p>
      </div>
    </div>
  );
}
