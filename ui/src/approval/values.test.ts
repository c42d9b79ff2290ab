import { afterEach, describe, expect, it, vi } from 'vitest';
import { written } from './values';

const speak = (language: string) => vi.spyOn(navigator, 'language', 'get').mockReturnValue(language);

afterEach(() => vi.restoreAllMocks());

describe('a value', () => {
  it('is written in the language of the person', () => {
    speak('de-DE');
    expect(written('-1250.50', 'number')).toBe('-1.250,50');
    expect(written('2026-11-21', 'date')).toBe('21.11.2026');
    speak('en-GB');
    expect(written('1250.5', 'number')).toBe('1,250.5');
    expect(written('2026-11-21', 'date')).toBe('21 Nov 2026');
  });

  it('is written in the time zone of the person, and names it', () => {
    speak('en-GB');
    const local = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
    const [time, zone] = local.format(Date.UTC(2026, 10, 21, 9, 30)).split(' ');
    expect(written('2026-11-21 09:30:00', 'datetime')).toContain(time);
    expect(written('2026-11-21 09:30:00', 'datetime')).toContain(zone);
    expect(written('2026-11-21 09:30:07', 'datetime')).toContain(':07');
  });

  it.each([
    ['12e3', 'number'],
    ['1,250', 'number'],
    ['007', 'number'],
    ['1250.5\u202e', 'number'],
    ['1234567890123456', 'number'],
    ['1.', 'number'],
    ['.5', 'number'],
    ['0.12345678901234567', 'number'],
    ['2026-02-30', 'date'],
    ['2026-11-21T09', 'date'],
    ['2026-11-21 25:00:00', 'datetime'],
    ['', 'number'],
    ['5', 'plain'],
    ['5', 'text'],
  ] as const)('%j stands as it is: it is no %s that could be written without loss', (value, form) => {
    expect(written(value, form)).toBeNull();
  });

  it('keeps every digit', () => {
    speak('en-US');
    expect(written('0.000', 'number')).toBe('0.000');
    expect(written('123456789.012345', 'number')).toBe('123,456,789.012345');
  });
});
