const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `4.2 MB`: powers of 1000, as file managers and disk makers count. */
export function formatBytes(bytes: number, locale?: string): string {
  let value = Math.max(0, bytes);
  let step = 0;
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1000;
    step++;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: UNITS[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step < 2 || value >= 100 ? 0 : 1,
  }).format(value);
}

export function formatPercent(share: number, locale?: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent' }).format(share);
}

/** `48 kHz`, `44.1 kHz`. */
export function formatSampleRate(sampleRateHz: number, locale?: string): string {
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(sampleRateHz / 1000)} kHz`;
}

/** `64 kbit/s`. */
export function formatBitRate(bitRateBps: number, locale?: string): string {
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(bitRateBps / 1000)} kbit/s`;
}
