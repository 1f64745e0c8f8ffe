import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { SEARCH_FIELD_ID } from '../library/search-field.tsx';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { usePageKeys } from '../ui/page-keys.ts';

const words = STRINGS.keys;
const OPEN_EVENT = 'vrp:open-keys';

export function openKeysDialog(): void {
  window.dispatchEvent(new Event(OPEN_EVENT));
}

/** The list of keys, and the keys that work on every page. */
export function KeysDialog() {
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const open = () => setOpen(true);
    window.addEventListener(OPEN_EVENT, open);
    return () => window.removeEventListener(OPEN_EVENT, open);
  }, []);
  usePageKeys((key) => {
    if (key === '?') setOpen(true);
    else if (key === '/') void navigate({ to: '/library' }).then(focusSearch);
    else return false;
    return true;
  });
  if (!isOpen) return null;
  return (
    <Dialog heading={words.heading} onClose={() => setOpen(false)}>
      {Object.entries(words.rows).map(([group, rows]) => (
        <section key={group} className="mb-4 last:mb-0">
          <h3 className="mb-1 text-sm font-semibold text-ink-soft">{words.groups[group]}</h3>
          <dl className="divide-y divide-line">
            {rows.map(([keys, meaning]) => (
              <div key={keys} className="flex items-baseline gap-4 py-1.5">
                <dt className="w-32 shrink-0">
                  <kbd className="rounded-md border border-line bg-sunk px-2 py-0.5 font-mono text-sm">
                    {keys}
                  </kbd>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

function focusSearch() {
  document.getElementById(SEARCH_FIELD_ID)?.focus();
}
