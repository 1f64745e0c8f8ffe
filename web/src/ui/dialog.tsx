import { type ReactNode, useEffect, useId, useRef } from 'react';
import { STRINGS } from '../strings.ts';
import { CloseIcon } from './icons.tsx';

interface DialogProps {
  readonly heading: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog: the browser's own, so that focus, Escape and the page behind are handled as people expect. */
export function Dialog({ heading, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const headingId = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={headingId}
      onClose={() => {
        // The event comes late: by then the dialog may have been opened again.
        if (!dialog.current?.open) onClose();
      }}
      className="sheet rise w-[min(34rem,calc(100vw-2rem))] max-h-[85dvh] overflow-auto p-6 shadow-sheet"
    >
      <div className="mb-4 flex items-start justify-between gap-4">
        <h2 id={headingId} className="text-lg font-semibold">
          {heading}
        </h2>
        <button
          type="button"
          className="button button-plain button-icon -mt-2 -mr-2"
          aria-label={STRINGS.app.close}
          onClick={() => dialog.current?.close()}
        >
          <CloseIcon />
        </button>
      </div>
      {children}
    </dialog>
  );
}
