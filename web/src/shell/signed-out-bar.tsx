import { useState } from 'react';
import { TokenForm } from '../login/login-page.tsx';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { WarningIcon } from '../ui/icons.tsx';

const words = STRINGS.login;

/** The session ended under an open page: the page stays, and this offers the way back in. */
export function SignedOutBar() {
  const [isOpen, setOpen] = useState(false);
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 bg-warn-soft px-4 py-2 text-warn">
      <WarningIcon size={18} />
      <p className="flex-1">{words.signedOut}</p>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        {words.signIn}
      </button>
      {isOpen ? (
        <Dialog heading={words.heading} onClose={() => setOpen(false)}>
          <p className="mb-4 text-ink-soft">{words.signInHere}</p>
          <TokenForm onDone={() => setOpen(false)} />
        </Dialog>
      ) : null}
    </div>
  );
}
