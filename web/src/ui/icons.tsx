import type { ReactNode } from 'react';

/** All icons: 24 by 24, one line weight, drawn for this page. They never speak; the text beside them does. */
function icon(shape: ReactNode) {
  return function Icon({ size = 20, className }: { readonly size?: number; readonly className?: string }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        className={className}
      >
        {shape}
      </svg>
    );
  };
}

const filled = { fill: 'currentColor', stroke: 'none' } as const;

export const RecordIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <circle cx="12" cy="12" r="4.5" {...filled} />
  </>,
);
export const LibraryIcon = icon(<path d="M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4" />);
export const TrashIcon = icon(<path d="M4 7h16M9 7V4.5h6V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5" />);
export const StorageIcon = icon(
  <>
    <ellipse cx="12" cy="6" rx="7.5" ry="2.8" />
    <path d="M4.5 6v12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8V6M4.5 12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8" />
  </>,
);
export const HealthIcon = icon(<path d="M3 12.5h4.2l2-5.5 4 11 2.4-5.5H21" />);
export const JobsIcon = icon(<path d="M4 6h16M4 12h8M4 18h6M14 16.2l2.4 2.4 4.1-4.8" />);
export const KeysIcon = icon(
  <>
    <rect x="2.5" y="6" width="19" height="12" rx="2.5" />
    <path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8" />
  </>,
);
export const PlayIcon = icon(
  <path d="M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.8-6.8a.8.8 0 0 0 0-1.4L9.2 4.5a.8.8 0 0 0-1.2.7Z" {...filled} />,
);
export const PauseIcon = icon(
  <>
    <rect x="6.5" y="5" width="3.8" height="14" rx="1.2" {...filled} />
    <rect x="13.7" y="5" width="3.8" height="14" rx="1.2" {...filled} />
  </>,
);
export const StopIcon = icon(<rect x="6" y="6" width="12" height="12" rx="2" {...filled} />);
export const BackIcon = icon(
  <>
    <path d="M5 3.5v4.2h4.2" />
    <path d="M5.3 7.4A8 8 0 1 1 4 12.6" />
    <path d="M9.2 10.6v4.6M12 12.2v1.4a1.5 1.5 0 0 0 3 0v-1.4a1.5 1.5 0 0 0-3 0Z" strokeWidth="1.3" />
  </>,
);
export const ForwardIcon = icon(
  <>
    <path d="M19 3.5v4.2h-4.2" />
    <path d="M18.7 7.4A8 8 0 1 0 20 12.6" />
    <path d="M9.2 10.6v4.6M12 12.2v1.4a1.5 1.5 0 0 0 3 0v-1.4a1.5 1.5 0 0 0-3 0Z" strokeWidth="1.3" />
  </>,
);
export const SafeIcon = icon(
  <path d="M12 3.2 5 6v5.4c0 4.3 2.9 7.6 7 9.4 4.1-1.8 7-5.1 7-9.4V6l-7-2.8ZM8.8 11.9l2.3 2.3 4.2-4.5" />,
);
export const CapturedIcon = icon(
  <>
    <rect x="4" y="4.5" width="16" height="12" rx="2" />
    <path d="M9 20h6M12 16.5V20" />
  </>,
);
export const MicrophoneIcon = icon(
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>,
);
export const DownloadIcon = icon(<path d="M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14" />);
export const ImportIcon = icon(<path d="M12 15.5V4.5M7.5 9 12 4.5 16.5 9M5 19.5h14" />);
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </>,
);
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const WarningIcon = icon(<path d="M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17.2v.01" />);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7" />);
export const RestoreIcon = icon(<path d="M9 14 4 9l5-5M4 9h9.5a6 6 0 0 1 0 12H11" />);
export const ChevronLeftIcon = icon(<path d="m14.5 5-7 7 7 7" />);
export const CopyIcon = icon(
  <>
    <rect x="8.5" y="8.5" width="11" height="11" rx="2" />
    <path d="M15.5 8.5v-2a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2" />
  </>,
);
export const OnlineIcon = icon(
  <path d="M3.5 9.5a12.5 12.5 0 0 1 17 0M6.8 13a8 8 0 0 1 10.4 0M10 16.4a3.4 3.4 0 0 1 4 0M12 19.4v.01" />,
);
export const OfflineIcon = icon(
  <path d="M3.5 9.5a12.5 12.5 0 0 1 5-3M12.5 5.8a12.5 12.5 0 0 1 8 3.7M6.8 13a8 8 0 0 1 4-2M10 16.4a3.4 3.4 0 0 1 4 0M12 19.4v.01M4 3.5l16 17" />,
);
export const FolderIcon = icon(
  <path d="M3.5 7a2 2 0 0 1 2-2h4l2 2.5h7a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2V7Z" />,
);
export const FlagIcon = icon(<path d="M6 20.5V4M6 4.8h11.2l-2.4 4 2.4 4H6" />);
