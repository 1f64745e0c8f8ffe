import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { STRINGS } from '../strings.ts';
import { CloseIcon } from './icons.tsx';

export interface Toast {
  readonly message: string;
  readonly kind?: 'status' | 'error';
  readonly action?: { readonly label: string; readonly run: () => void };
}

type ShownToast = Toast & { readonly id: number };

const SHOWN_MS = 8000;
const ToastContext = createContext<(toast: Toast) => void>(() => undefined);

/** Says something briefly, with one thing to do about it. Errors interrupt a screen reader, the rest waits. */
export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly ShownToast[]>([]);
  const show = useCallback((toast: Toast) => {
    setToasts((shown) => [...shown.slice(-2), { ...toast, id: (shown.at(-1)?.id ?? 0) + 1 }]);
  }, []);
  const remove = useCallback(
    (id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)),
    [],
  );
  const errors = useMemo(() => toasts.filter((toast) => toast.kind === 'error'), [toasts]);
  const remarks = useMemo(() => toasts.filter((toast) => toast.kind !== 'error'), [toasts]);
  return (
    <ToastContext value={show}>
      {children}
      <div className="pointer-events-none fixed inset-x-0 bottom-20 z-40 flex flex-col items-center gap-2 px-4 md:bottom-6">
        <div role="status" className="contents">
          {remarks.map((toast) => (
            <ToastLine key={toast.id} toast={toast} onGone={remove} />
          ))}
        </div>
        <div role="alert" className="contents">
          {errors.map((toast) => (
            <ToastLine key={toast.id} toast={toast} onGone={remove} />
          ))}
        </div>
      </div>
    </ToastContext>
  );
}

function ToastLine({ toast, onGone }: { readonly toast: ShownToast; readonly onGone: (id: number) => void }) {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => onGone(toast.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isHeld, onGone, toast.id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointer and focus only hold the message on the screen
    <div
      className="rise pointer-events-auto flex max-w-full items-center gap-3 rounded-xl bg-deck py-2 pr-2 pl-4 text-deck-ink shadow-sheet"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className="min-w-0 break-words">{toast.message}</span>
      {toast.action ? (
        <button
          type="button"
          className="min-h-8 rounded-lg px-3 font-semibold text-deck-safe hover:bg-white/10 pointer-coarse:min-h-11"
          onClick={() => {
            toast.action?.run();
            onGone(toast.id);
          }}
        >
          {toast.action.label}
        </button>
      ) : null}
      <button
        type="button"
        className="grid size-8 place-items-center rounded-lg hover:bg-white/10 pointer-coarse:size-11"
        aria-label={STRINGS.app.dismiss}
        onClick={() => onGone(toast.id)}
      >
        <CloseIcon size={16} />
      </button>
    </div>
  );
}
