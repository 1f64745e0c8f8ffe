import { type RefObject, useEffect, useRef } from 'react';

/**
 * For an element with `tabIndex={-1}`: takes the focus when what had it is removed from within, so that whoever uses the
 * keyboard stays where they were.
 */
export function useKeptFocus<Kind extends HTMLElement>(): RefObject<Kind | null> {
  const place = useRef<Kind>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new MutationObserver((changes) => {
      const isRemoved = changes.some(({ removedNodes }) => removedNodes.length > 0);
      if (isRemoved && document.activeElement === document.body) element.focus();
    });
    observer.observe(element, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return place;
}
