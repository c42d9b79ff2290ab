import type { ValueForm } from '../lib/bindings/ValueForm';
import { dateOnly, exactNumber, preciseMoment } from '../lib/format';

/**
 * A value in the person's language; null where it is to stand as it is: running text, and whatever is not exactly of
 * the form it should have. Only digits and signs get through, so that it needs no fence against hidden characters.
 */
export function written(value: string, form: ValueForm): string | null {
  switch (form) {
    case 'number':
      return NUMBER.test(value) ? exactNumber(value) : null;
    case 'date':
      return DATE.test(value) && isDay(value) ? dateOnly(Date.parse(`${value}T00:00:00Z`)) : null;
    case 'datetime':
      return DATETIME.test(value) && isDay(value.slice(0, 10))
        ? preciseMoment(Date.parse(`${value.replace(' ', 'T')}Z`))
        : null;
    case 'plain':
    case 'text':
      return null;
  }
}

/** Up to 15 digits: a number of more would be rounded on the way. */
const NUMBER = /^-?(?=(?:\d\.?){1,15}$)(?:0|[1-9]\d*)(?:\.\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATETIME = /^\d{4}-\d{2}-\d{2} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

/** Whether the calendar has it: browsers turn February 30 into March 2. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
