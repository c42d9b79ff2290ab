import { describe, expect, it } from 'vitest';
import { fold, wordDifference } from './word-difference';

const said = (before: string, after: string) =>
  wordDifference(before, after).map(({ kind, text }) => `${kind} ${text}`);
const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');

describe('the difference of two texts', () => {
  it('marks the words that changed, and those alone', () => {
    expect(said('Pays within 30 days.', 'Pays within 60 days.')).toEqual([
      'same Pays within ',
      'removed 30',
      'added 60',
      'same  days.',
    ]);
  });

  it('takes several words in a row for one change', () => {
    expect(said('to the old bank account', 'to a new bank account')).toEqual([
      'same to ',
      'removed the old',
      'added a new',
      'same  bank account',
    ]);
  });

  it.each([
    ['', 'a b'],
    ['a b', ''],
    ['one\n\ntwo  three', 'one two\nthree'],
    ['a\u202eb c\u200b', 'a b\u0301\u0301 c'],
    ['!\u0301?', '\u0301?!'],
    ['a \ud800 b', 'a b \ud800'],
  ])('loses nothing of %j and %j', (before, after) => {
    const found = wordDifference(before, after);
    const all = (...kinds: string[]) =>
      found
        .filter(({ kind }) => kinds.includes(kind))
        .map(({ text }) => text)
        .join('');
    expect(all('same', 'added')).toBe(after);
    expect(all('same', 'removed')).toBe(before);
  });

  it('keeps a word of mixed scripts in one piece, so that its marks stay', () => {
    expect(said('pay p\u0430ypal.com', 'pay paypal.com')).toEqual([
      'same pay ',
      'removed p\u0430ypal.com',
      'added paypal.com',
    ]);
  });
});

describe('an unchanged stretch', () => {
  it('is folded when it is long, between its beginning and its end', () => {
    const folded = fold(words(40), false, false);
    expect(folded).toMatchObject({ words: 24 });
    expect(`${folded?.head}${folded?.hidden}${folded?.tail}`).toBe(words(40));
  });

  it('keeps only the side of the change at the edges of the text', () => {
    expect(fold(words(40), true, false)).toMatchObject({ head: '', words: 32 });
    expect(fold(words(40), false, true)).toMatchObject({ tail: '', words: 32 });
  });

  it('stands in full when it is short', () => {
    expect(fold(words(20), false, false)).toBeNull();
  });
});
