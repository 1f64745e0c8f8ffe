interface ProgressBarProps {
  /** Names what goes on, for those who cannot see the bar. */
  readonly label: string;
  /** From 0 to 1; undefined while nothing is known yet. */
  readonly share: number | undefined;
}

/** How far something is, in the colours of the page: browsers draw their own in grey and green. */
export function ProgressBar({ label, share }: ProgressBarProps) {
  return (
    <progress
      className="h-2 w-full appearance-none overflow-hidden rounded-full border-0 bg-line [&::-moz-progress-bar]:bg-petrol [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-petrol"
      aria-label={label}
      max={1}
      {...(share === undefined ? {} : { value: share })}
    />
  );
}
