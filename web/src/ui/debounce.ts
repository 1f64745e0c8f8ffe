import { useCallback, useEffect, useRef, useState } from 'react';

/** `value` once it has stood still for `delayMs`. */
export function useSettled<Value>(value: Value, delayMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}

export interface Delayed<Argument> {
  (argument: Argument): void;
  /** Runs what waits, now. */
  flush(): void;
}

/** Runs `work` with the last argument `delayMs` after the last call; what waits at unmount runs then. */
export function useDelayed<Argument>(work: (argument: Argument) => void, delayMs: number): Delayed<Argument> {
  const latest = useRef(work);
  const waiting = useRef<{ timer: ReturnType<typeof setTimeout>; argument: Argument } | null>(null);
  useEffect(() => {
    latest.current = work;
  });
  const flush = useCallback(() => {
    const held = waiting.current;
    if (!held) return;
    clearTimeout(held.timer);
    waiting.current = null;
    latest.current(held.argument);
  }, []);
  const schedule = useCallback(
    (argument: Argument) => {
      if (waiting.current) clearTimeout(waiting.current.timer);
      waiting.current = { argument, timer: setTimeout(flush, delayMs) };
    },
    [delayMs, flush],
  );
  useEffect(() => flush, [flush]);
  const [delayed] = useState(() => Object.assign((argument: Argument) => schedule(argument), { flush }));
  return delayed;
}
