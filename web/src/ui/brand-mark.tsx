/** Five bars, the last one hollow until it is safe, and the red lamp. */
export function BrandMark({ size = 32 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
      <rect width="64" height="64" rx="15" fill="#0b2932" />
      <g fill="#74dcb4">
        <rect x="11" y="27" width="5" height="14" rx="2.5" />
        <rect x="20" y="19" width="5" height="30" rx="2.5" />
        <rect x="29" y="24" width="5" height="20" rx="2.5" />
        <rect x="38" y="15" width="5" height="38" rx="2.5" />
      </g>
      <circle cx="51" cy="34" r="5" fill="#ff6a5c" />
    </svg>
  );
}
