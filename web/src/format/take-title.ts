import type { Place } from './date.ts';

/** `Recording {date}, {time}` -> `Recording 22 Nov 2026, 21:32`, in the reader's zone. Unknown words stay. */
export function renderTakeTitle(template: string, at: Date, place: Place = {}): string {
  const values: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
    date: { dateStyle: 'medium' },
    time: { timeStyle: 'short' },
    weekday: { weekday: 'long' },
  };
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const options = values[name];
    if (!options) return whole;
    return new Intl.DateTimeFormat(place.locale, { ...options, timeZone: place.timeZone }).format(at);
  });
}
