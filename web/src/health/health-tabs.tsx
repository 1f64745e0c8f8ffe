import { Link } from '@tanstack/react-router';
import { STRINGS } from '../strings.ts';

const words = STRINGS.performance;

/** Leads between what is and what was. */
export function HealthTabs() {
  return (
    <nav aria-label={words.tabs} className="flex gap-1">
      <Link to="/health" activeOptions={{ exact: true }} {...look}>
        {words.overview}
      </Link>
      <Link to="/health/performance" {...look}>
        {words.heading}
      </Link>
    </nav>
  );
}

const look = {
  className: 'button',
  activeProps: { className: 'button bg-petrol-soft', 'aria-current': 'page' },
} as const;
