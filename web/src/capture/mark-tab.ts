const MARK = '\u25CF\u25CF\u25CF ';
const MARKED_MS = 15_000;

/** Makes this tab easy to find among others: a page may not bring itself to the front. */
export function markTab(): void {
  if (document.title.startsWith(MARK)) return;
  document.title = MARK + document.title;
  window.focus();
  const unmark = () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', unmark);
    if (document.title.startsWith(MARK)) document.title = document.title.slice(MARK.length);
  };
  const timer = setTimeout(unmark, MARKED_MS);
  document.addEventListener('visibilitychange', unmark);
}
