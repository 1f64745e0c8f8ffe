import type { ReactNode } from 'react';
import { CheckIcon, WarningIcon } from './icons.tsx';

interface NoticeProps {
  readonly kind: 'problem' | 'remark' | 'good';
  readonly heading?: string;
  readonly children: ReactNode;
  /** Interrupts a screen reader. */
  readonly isUrgent?: boolean;
}

const LOOKS = {
  problem: 'bg-record-soft text-record',
  remark: 'bg-warn-soft text-warn',
  good: 'bg-safe-soft text-safe',
} as const;

/** A sentence that matters, with an icon and a colour that say the same. */
export function Notice({ kind, heading, children, isUrgent = false }: NoticeProps) {
  return (
    <div
      role={isUrgent ? 'alert' : undefined}
      className="flex gap-3 rounded-xl border border-line bg-sheet p-3.5"
    >
      <span className={`grid size-8 shrink-0 place-items-center rounded-lg ${LOOKS[kind]}`}>
        {kind === 'good' ? <CheckIcon size={18} /> : <WarningIcon size={18} />}
      </span>
      <div className="min-w-0 flex-1 self-center">
        {heading ? <p className="font-semibold">{heading}</p> : null}
        <div className={heading ? 'text-ink-soft' : ''}>{children}</div>
      </div>
    </div>
  );
}
