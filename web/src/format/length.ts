/** `2:07` or `1:02:07`: lengths and positions, whole seconds, never rounded up. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

function unit(value: number, name: string, locale: string | undefined): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'long' }).format(value);
}

/** `1 hour, 2 minutes, 7 seconds`: for sentences and screen readers. */
export function formatLengthInWords(seconds: number, locale?: string): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours > 0) parts.push(unit(hours, 'hour', locale));
  if (minutes > 0) parts.push(unit(minutes, 'minute', locale));
  if (whole % 60 > 0 || parts.length === 0) parts.push(unit(whole % 60, 'second', locale));
  return new Intl.ListFormat(locale, { style: 'narrow', type: 'unit' }).format(parts);
}

/** `41 hours` or `35 minutes`: how much still fits; rounded down. */
export function formatRoom(minutes: number, locale?: string): string {
  if (minutes < 120) return unit(Math.max(0, Math.floor(minutes)), 'minute', locale);
  return unit(Math.floor(minutes / 60), 'hour', locale);
}
