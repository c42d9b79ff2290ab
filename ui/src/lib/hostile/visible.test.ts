import { describe, expect, it } from 'vitest';
import { characterCount, excerpt, hides, segments } from './visible';

const marks = (text: string) => segments(text).flatMap((segment) => (segment.kind === 'mark' ? [segment.label] : []));

describe('hostile text', () => {
  it.each([
    ['a bidi override', 'invoice\u202efdp.exe', 'U+202E'],
    ['a bidi isolate', 'a\u2067b', 'U+2067'],
    ['a zero-width space', 'bank\u200baccount', 'U+200B'],
    ['a zero-width joiner', 'a\u200db', 'U+200D'],
    ['a byte order mark', '\ufeffa', 'U+FEFF'],
    ['a tag character', 'ok\u{e0041}', 'U+E0041'],
    ['a variation selector of the supplement', 'a\u{e0100}', 'U+E0100'],
    ['a null', 'a\u0000b', 'U+0000'],
    ['an escape', 'a\u001b[31m', 'U+001B'],
    ['a carriage return, which overwrites', 'safe\revil', 'U+000D'],
    ['a C1 control', 'a\u009bb', 'U+009B'],
    ['a soft hyphen', 'ad\u00admin', 'U+00AD'],
    ['a Hangul filler', 'a\u3164b', 'U+3164'],
    ['a Braille blank', 'a\u2800b', 'U+2800'],
    ['a line separator', 'a\u2028b', 'U+2028'],
    ['a lone surrogate', 'a\ud800b', 'U+D800'],
    ['a private character', 'a\ue000b', 'U+E000'],
    ['an interlinear anchor', 'a\ufff9b', 'U+FFF9'],
  ])('shows %s', (_, text, label) => {
    expect(marks(text)).toEqual([label]);
  });

  it('shows a Cyrillic letter in a Latin word, and leaves a Cyrillic word alone', () => {
    expect(marks('p\u0430ypal')).toEqual(['\u0430 U+0430']);
    expect(marks('Москва and Paris')).toEqual([]);
    expect(marks('Αθήνα')).toEqual([]);
  });

  it('counts a long run of spaces instead of drawing it', () => {
    expect(marks(`yes${' '.repeat(400)}no`)).toEqual(['␣×400']);
    expect(marks(' '.repeat(400))).toEqual(['␣×400']);
    expect(marks('a  b')).toEqual([]);
    expect(marks(`{\n${' '.repeat(12)}"deep": 1`)).toEqual([]);
  });

  it('counts blank lines that would push the rest out of sight', () => {
    expect(marks(`yes${'\n'.repeat(30)}no`)).toEqual(['↵×30']);
    expect(marks('a\n\nb')).toEqual([]);
  });

  it('does not let accents pile up over other lines', () => {
    expect(marks(`a${'\u0301'.repeat(6)}`)).toHaveLength(4);
    expect(marks('Ế')).toEqual([]);
  });

  it('leaves ordinary text of any language as it is', () => {
    for (const text of ['Müller & Söhne', '株式会社 東京', 'שלום', 'مرحبا', 'हिन्दी', 'naïve “quotes” – €5', '👍']) {
      expect(segments(text)).toEqual([{ kind: 'text', text }]);
    }
  });

  it('shows the spaces of formatted amounts faintly, not as a warning', () => {
    expect(segments('1\u202f500\u00a0€').map((segment) => segment.kind)).toEqual([
      'text',
      'space',
      'text',
      'space',
      'text',
    ]);
    expect(hides('1\u202f500\u00a0€')).toBe(false);
  });

  it('loses nothing: every character is drawn or named', () => {
    const text = 'a\u202eb\nc\td\u{e0042}e';
    const drawn = segments(text)
      .map((segment) => (segment.kind === 'text' ? segment.text : segment.kind === 'newline' ? '\n' : segment.label))
      .join('');
    expect(drawn).toBe('aU+202Eb\nc→dU+E0042e');
  });
});

describe('excerpts', () => {
  it('end before a line or a character too many, and never inside a character', () => {
    expect(excerpt('abc', 10, 2)).toBe('abc');
    expect(excerpt('abcdef', 3, 2)).toBe('abc');
    expect(excerpt('a\nb\nc', 10, 2)).toBe('a\nb');
    expect(excerpt('👍👍👍', 2, 1)).toBe('👍👍');
    expect(characterCount('👍👍')).toBe(2);
  });
});
