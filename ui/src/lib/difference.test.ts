import { expect, it } from 'vitest';
import { changedLines, difference } from './difference';

const text = (lines: readonly string[]) => lines.join('\n');
const kinds = (before: string[], after: string[]) =>
  difference(text(before), text(after)).map((line) => `${line.kind} ${line.text}`);

it('shows what was removed and added where it stands', () => {
  expect(kinds(['a', 'b', 'c'], ['a', 'x', 'c'])).toEqual(['same a', 'removed b', 'added x', 'same c']);
});

it('folds what did not change far from a change', () => {
  const many = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  expect(kinds([...many, 'old'], [...many, 'new'])).toEqual([
    'skipped 18',
    'same line 18',
    'same line 19',
    'removed old',
    'added new',
  ]);
});

it('gives back the new text, whatever changed', () => {
  const before = ['a', 'b', 'c', 'd', 'e'];
  const after = ['x', 'b', 'd', 'c', 'e', 'f'];
  const kept = difference(text(before), text(after)).filter((line) => line.kind === 'same' || line.kind === 'added');
  expect(kept.map((line) => line.text)).toEqual(after);
});

it('says nothing changed by one folded line', () => {
  expect(kinds(['a', 'b'], ['a', 'b'])).toEqual(['skipped 2']);
});

it('handles texts with many lines that all changed', () => {
  const before = Array.from({ length: 3000 }, (_, index) => `a${index}`);
  const after = Array.from({ length: 3000 }, (_, index) => `b${index}`);
  const found = difference(text(before), text(after));
  expect(found.filter((line) => line.kind === 'removed')).toHaveLength(3000);
  expect(found.filter((line) => line.kind === 'added')).toHaveLength(3000);
});

it('takes an empty text for no line, and a line feed at the end for an end', () => {
  expect(kinds([''], ['a', 'b', ''])).toEqual(['added a', 'added b']);
  expect(kinds(['a'], [''])).toEqual(['removed a']);
});

it('counts changed lines, a replaced one once', () => {
  expect(changedLines('a\nb\nc', 'a\nx\nc\nd')).toBe(2);
  expect(changedLines('', 'a\nb\n')).toBe(2);
  expect(changedLines('a', 'a')).toBe(0);
});
