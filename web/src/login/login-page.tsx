import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import { ApiError, messageOf } from '../api/http.ts';
import { KEYS } from '../api/queries.ts';
import { logIn } from '../api/session.ts';
import { useCapture } from '../record/capture-context.tsx';
import { useUnsentTakes } from '../recovery/use-local-takes.ts';
import { STRINGS } from '../strings.ts';
import { BrandMark } from '../ui/brand-mark.tsx';
import { Notice } from '../ui/notice.tsx';
import { usePageTitle } from '../ui/page-title.ts';

const words = STRINGS.login;

/** `problem`: why a login link that was just followed did not work. */
export function LoginPage({ problem }: { readonly problem: string | null }) {
  usePageTitle(words.heading);
  return (
    <main id="content" className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-md">
        <BrandMark size={52} />
        <h1 className="mt-5 text-3xl font-semibold tracking-tight">{words.heading}</h1>
        <p className="mt-3 text-lg text-ink-soft">{words.body}</p>
        <p className="deck digits my-4 rounded-xl px-4 py-3 font-mono">
          <span className="text-deck-safe select-none">$ </span>
          {words.command}
        </p>
        <p className="text-ink-soft">{words.linkNote}</p>
        {problem ? (
          <div className="mt-5">
            <Notice kind="problem" isUrgent>
              {problem}
            </Notice>
          </div>
        ) : null}
        <div className="sheet mt-8 p-5">
          <TokenForm />
        </div>
        <UnsentLink />
      </div>
    </main>
  );
}

/** What lies in this browser is its person's own, signed in or not. */
function UnsentLink() {
  const count = useUnsentTakes()?.length ?? 0;
  if (count === 0) return null;
  return (
    <p className="mt-6">
      <Link to="/recovery" className="font-semibold text-petrol underline">
        {STRINGS.recovery.linkFromLogin(count)}
      </Link>
    </p>
  );
}

/** Signs in with a token; also shown in a dialog when a session ends under a running take. */
export function TokenForm({ onDone }: { readonly onDone?: () => void }) {
  const queries = useQueryClient();
  const capture = useCapture();
  const fieldId = useId();
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    setProblem(null);
    try {
      await logIn({ token: token.trim() });
      await queries.invalidateQueries();
      await queries.refetchQueries({ queryKey: KEYS.session });
      capture.retryNow();
      onDone?.();
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setSending(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <label htmlFor={fieldId} className="field-label">
        {words.token}
      </label>
      <div className="flex gap-2">
        <input
          id={fieldId}
          type="password"
          className="field font-mono"
          value={token}
          autoComplete="current-password"
          spellCheck={false}
          required
          aria-describedby={`${fieldId}-hint`}
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" className="button button-strong" disabled={isSending || token.trim() === ''}>
          {words.submit}
        </button>
      </div>
      <p id={`${fieldId}-hint`} className="mt-2 text-sm text-ink-soft">
        {words.tokenHint}
      </p>
      <p role="alert" className="mt-2 font-semibold text-record empty:hidden">
        {problem}
      </p>
    </form>
  );
}

function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return messageOf(error);
  if (error.status === 0) return words.unreachable;
  return error.status === 401 || error.status === 403 ? words.wrongToken : error.message;
}
