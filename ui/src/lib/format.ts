/** Without a language (`LANG=C`, or started by an MCP client without any) WebKit calls it “C”, which Intl refuses. */
function locale(): string | undefined {
  try {
    return Intl.getCanonicalLocales(navigator.language)[0];
  } catch {
    return undefined;
  }
}

/** A whole number with the separators of the reader's language. */
export const number = (value: number): string => new Intl.NumberFormat(locale()).format(value);

/** A number as it is written with a point, with every digit that it has. */
export function exactNumber(text: string): string {
  const decimals = text.split('.')[1]?.length ?? 0;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(locale(), digits).format(Number(text));
}

/** A day of the calendar, whatever the time zone. */
export const dateOnly = (utcMillis: number): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: 'UTC' }).format(utcMillis);

/** Date, time and zone of the reader; seconds where there are any. */
export const preciseMoment = (millis: number): string =>
  new Intl.DateTimeFormat(locale(), {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: millis % 60_000 === 0 ? undefined : '2-digit',
    timeZoneName: 'short',
  }).format(millis);

/** Date and time to the second. */
export const moment = (millis: number): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(millis);

/** Time alone when it is today, else date and time. */
export function shortMoment(millis: number, now: number): string {
  const sameDay = new Date(millis).toDateString() === new Date(now).toDateString();
  const options: Intl.DateTimeFormatOptions = sameDay
    ? { hour: '2-digit', minute: '2-digit', second: '2-digit' }
    : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(locale(), options).format(millis);
}

/** “5 minutes ago”, in the largest unit that fits. */
export function ago(millis: number, now: number): string {
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  const seconds = Math.round((millis - now) / 1000);
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ];
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(Math.min(0, seconds), 'second');
}

/** `12:05` until `end`, `0:00` once it has passed. */
export function remaining(end: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((end - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A duration in milliseconds below ten seconds, else in seconds. */
export const duration = (millis: number): string =>
  millis < 10_000
    ? new Intl.NumberFormat(locale(), { style: 'unit', unit: 'millisecond', unitDisplay: 'short' }).format(millis)
    : new Intl.NumberFormat(locale(), {
        style: 'unit',
        unit: 'second',
        unitDisplay: 'short',
        maximumFractionDigits: 1,
      }).format(millis / 1000);

/** The form of a word that goes with a count; `#` stands for the number. */
export function plural(count: number, forms: { one: string; other: string }): string {
  const form = new Intl.PluralRules('en').select(count) === 'one' ? forms.one : forms.other;
  return form.replace('#', number(count));
}
