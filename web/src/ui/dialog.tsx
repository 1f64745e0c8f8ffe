import { type ReactNode, useEffect, useId, useRef } from 'react';
import { STRINGS } from '../strings.ts';
import { CloseIcon } from './icons.tsx';

interface DialogProps {
  readonly heading: string;
  /** In the middle of the page, or along its right edge from top to bottom; the first when not given. */
  readonly look?: keyof typeof LOOKS;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

const LOOKS = {
  window: 'sheet w-[min(34rem,calc(100vw-2rem))] max-h-[85dvh]',
  drawer:
    'mr-0 h-dvh max-h-none w-[min(27rem,100vw)] max-w-none border-l border-line bg-sheet pb-[max(1.5rem,env(safe-area-inset-bottom))]',
} as const;

/** A modal dialog: the browser's own, so that focus, Escape and the page behind are handled as people expect. */
export function Dialog({ heading, look = 'window', onClose, children }: DialogProps) {
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
      className={`rise overflow-auto p-6 shadow-sheet ${LOOKS[look]}`}
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
