import { useAlerts } from '../api/health.ts';
import { STRINGS } from '../strings.ts';

/** How many alerts wait for somebody; nothing when there are none, or all were seen to or silenced. */
export function FiringBadge() {
  const { data } = useAlerts();
  const waiting = data?.items.filter(
    ({ state, acknowledgedBy, isSilenced }) => state === 'firing' && acknowledgedBy === null && !isSilenced,
  );
  const count = waiting?.length ?? 0;
  if (count === 0) return null;
  return (
    <span className="digits rounded-full bg-record-soft px-2 text-xs font-semibold text-record xl:ml-auto">
      <span aria-hidden="true">{count}</span>
      <span className="sr-only">{STRINGS.health.count(count)}</span>
    </span>
  );
}
