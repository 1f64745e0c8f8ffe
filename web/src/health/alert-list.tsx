import { useQueryClient } from '@tanstack/react-query';
import type { Alert } from '../../../src/model/alert.ts';
import {
  acknowledgeAlert,
  endAlert,
  endSilence,
  HEALTH_KEYS,
  silenceCheck,
  useAlerts,
} from '../api/health.ts';
import { messageOf } from '../api/http.ts';
import { formatDateTime } from '../format/date.ts';
import { STRINGS } from '../strings.ts';
import { useToast } from '../ui/toasts.tsx';

const words = STRINGS.health;
const SILENCE_MINUTES = 60;
const MAX_SHOWN = 50;

/** What people were told: what fires, with what can be said to it, and what ended. */
export function AlertList() {
  const { data } = useAlerts();
  if (!data) return null;
  return (
    <section aria-labelledby="health-alerts" className="sheet p-5">
      <h2 id="health-alerts" className="font-semibold">
        {words.alerts}
      </h2>
      {data.items.length === 0 ? <p className="mt-1 text-ink-soft">{words.noAlerts}</p> : null}
      <ul className="mt-2 divide-y divide-line">
        {data.items.slice(0, MAX_SHOWN).map((alert) => (
          <Told key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  );
}

function Told({ alert }: { readonly alert: Alert }) {
  const { check, message, state, level, startedAt, resolvedAt } = alert;
  const isFiring = state === 'firing';
  const colour = level === 'fail' ? 'text-record' : 'text-warn';
  return (
    <li className="py-3">
      <p className="flex flex-wrap gap-x-2">
        <span className="font-semibold">{check}</span>
        {isFiring ? <span className={`font-semibold ${colour}`}>{words.firing}</span> : null}
        <span className="text-ink-soft">{factsOf(alert).join(' · ')}</span>
      </p>
      <p className="break-words">{message}</p>
      <p className="digits text-sm text-ink-soft">
        {formatDateTime(startedAt)}
        {resolvedAt === null ? null : ` · ${words.ended(formatDateTime(resolvedAt))}`}
      </p>
      {isFiring ? <Answers alert={alert} /> : null}
    </li>
  );
}

function factsOf({ acknowledgedBy, isSilenced, returns }: Alert): string[] {
  return [
    ...(acknowledgedBy === null ? [] : [words.seenTo(acknowledgedBy)]),
    ...(isSilenced ? [words.silenced] : []),
    ...(returns > 0 ? [words.returns(returns)] : []),
  ];
}

function Answers({ alert }: { readonly alert: Alert }) {
  const queries = useQueryClient();
  const toast = useToast();
  const { check, isSilenced, acknowledgedBy } = alert;
  const say = (answer: () => Promise<unknown>) => async () => {
    try {
      await answer();
    } catch (error) {
      toast({ kind: 'error', message: `${words.refused}${messageOf(error)}` });
    }
    await queries.invalidateQueries({ queryKey: HEALTH_KEYS.alerts });
  };
  const choices = [
    ...(acknowledgedBy === null ? [{ label: words.acknowledge, act: () => acknowledgeAlert(alert) }] : []),
    isSilenced
      ? { label: words.unsilence, act: () => endSilence(check) }
      : { label: words.silence, act: () => silenceCheck(check, SILENCE_MINUTES) },
    { label: words.end, act: () => endAlert(alert) },
  ];
  return (
    <div className="mt-2 flex flex-wrap gap-2">
      {choices.map(({ label, act }) => (
        <button
          key={label}
          type="button"
          className="button"
          aria-label={`${label}: ${check}`}
          onClick={() => void say(act)()}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
