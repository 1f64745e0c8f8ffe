import { Link } from '@tanstack/react-router';
import type { Role } from '../../../src/model/access.ts';
import { useStorageReport } from '../api/queries.ts';
import { formatBytes } from '../format/size.ts';
import { FiringBadge } from '../health/firing-badge.tsx';
import { JobsButton } from '../jobs/jobs-button.tsx';
import { STRINGS } from '../strings.ts';
import { BrandMark } from '../ui/brand-mark.tsx';
import { HealthIcon, KeysIcon, LibraryIcon, RecordIcon, StorageIcon, TrashIcon } from '../ui/icons.tsx';
import { openKeysDialog } from './keys-dialog.tsx';

const words = STRINGS.app;

const PAGES = [
  { to: '/', label: words.record, Icon: RecordIcon, isOpenToRecorders: true },
  { to: '/library', label: words.library, Icon: LibraryIcon, isOpenToRecorders: false },
  { to: '/trash', label: words.trash, Icon: TrashIcon, isOpenToRecorders: false },
  { to: '/storage', label: words.storage, Icon: StorageIcon, isOpenToRecorders: false },
  { to: '/health', label: words.health, Icon: HealthIcon, isOpenToRecorders: false },
] as const;

/** A token that may only record sees only the recorder. */
function pagesFor(role: Role) {
  return PAGES.filter((page) => page.isOpenToRecorders || role !== 'record');
}

/** Left side, from 768 px; with words from 1280 px. */
export function NavigationRail({ role }: { readonly role: Role }) {
  return (
    <header className="hidden min-h-0 flex-col gap-1 border-r border-line bg-sunk px-3 py-4 md:flex xl:w-52">
      <Link to="/" className="mb-5 flex items-center gap-3 rounded-lg px-1" aria-label={words.name}>
        <BrandMark size={36} />
        <span className="hidden leading-tight font-semibold xl:block">{words.name}</span>
      </Link>
      <nav aria-label={words.navigation} className="flex flex-col gap-1">
        {pagesFor(role).map(({ to, label, Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === '/', includeSearch: false }}
            className="flex min-h-11 flex-col items-center justify-center gap-0.5 rounded-xl px-2 py-1.5 text-xs text-ink-soft hover:bg-sheet hover:text-ink xl:flex-row xl:justify-start xl:gap-3 xl:px-3 xl:text-base"
            activeProps={{ className: 'bg-sheet text-ink font-semibold shadow-sheet' }}
          >
            <Icon size={22} />
            {label}
            {to === '/health' ? <FiringBadge /> : null}
          </Link>
        ))}
      </nav>
      <div className="mt-auto flex flex-col gap-3">
        <StoredLine />
        {role === 'record' ? null : <JobsButton place="rail" />}
        <button
          type="button"
          className="button button-plain w-full px-2"
          onClick={openKeysDialog}
          aria-label={words.keys}
        >
          <KeysIcon size={22} />
          <span className="hidden xl:inline">{words.keys}</span>
        </button>
      </div>
    </header>
  );
}

function StoredLine() {
  const { data } = useStorageReport();
  if (!data || data.recordingCount === 0) return null;
  const count = new Intl.NumberFormat().format(data.recordingCount);
  return (
    <p className="digits hidden px-3 text-sm text-ink-soft xl:block">
      {words.stored(count, data.recordingCount === 1, formatBytes(data.recordingBytes))}
    </p>
  );
}

/** Along the bottom, below 768 px, within reach of a thumb. */
export function NavigationBar({ role }: { readonly role: Role }) {
  return (
    <nav
      aria-label={words.navigation}
      className="flex border-t border-line bg-sheet pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {pagesFor(role).map(({ to, label, Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          className="flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 border-t-2 border-transparent text-xs text-ink-soft"
          activeProps={{ className: 'border-petrol text-petrol font-semibold' }}
        >
          <Icon size={22} />
          {label}
          {to === '/health' ? <FiringBadge /> : null}
        </Link>
      ))}
      {role === 'record' ? null : <JobsButton place="bar" />}
    </nav>
  );
}
