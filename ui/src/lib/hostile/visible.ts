import type { Messages } from '../messages';

/**
 * Makes text from agents and databases safe to look at: every character that hides, reorders or imitates others
 * becomes a visible mark. Nothing is removed, so what is shown is what is there.
 */

/** What a mark is called, in the message catalogue. */
export type MarkName = keyof Messages['hostile']['names'];

/** A stretch of text as it is drawn. */
export type Segment =
  | { kind: 'text'; text: string }
  /** A character drawn as its code and name. */
  | { kind: 'mark'; label: string; name: MarkName }
  /** White space that cannot hide anything, drawn as a faint sign. */
  | { kind: 'space'; label: string; name: MarkName }
  | { kind: 'newline' };

type Row = readonly [first: number, last: number, name: MarkName, label?: string];

/** Characters with no shape of their own, or with one that misleads. Sorted, without overlap. */
const INVISIBLE: readonly Row[] = [
  [0x0000, 0x0008, 'controlCharacter'],
  [0x000b, 0x001f, 'controlCharacter'],
  [0x007f, 0x009f, 'controlCharacter'],
  [0x00ad, 0x00ad, 'softHyphen'],
  [0x034f, 0x034f, 'graphemeJoiner'],
  [0x061c, 0x061c, 'arabicLetterMark'],
  [0x115f, 0x1160, 'hangulFiller'],
  [0x1680, 0x1680, 'oghamSpace'],
  [0x17b4, 0x17b5, 'khmerInherentVowel'],
  [0x180b, 0x180f, 'mongolianSelector'],
  [0x2000, 0x200a, 'spaceOfUnusualWidth'],
  [0x200b, 0x200b, 'zeroWidthSpace'],
  [0x200c, 0x200c, 'zeroWidthNonJoiner'],
  [0x200d, 0x200d, 'zeroWidthJoiner'],
  [0x200e, 0x200e, 'leftToRightMark'],
  [0x200f, 0x200f, 'rightToLeftMark'],
  [0x2028, 0x2028, 'lineSeparator'],
  [0x2029, 0x2029, 'paragraphSeparator'],
  [0x202a, 0x202a, 'leftToRightEmbedding'],
  [0x202b, 0x202b, 'rightToLeftEmbedding'],
  [0x202c, 0x202c, 'endOfDirectionChange'],
  [0x202d, 0x202d, 'leftToRightOverride'],
  [0x202e, 0x202e, 'rightToLeftOverride'],
  [0x205f, 0x205f, 'mathematicalSpace'],
  [0x2060, 0x2060, 'wordJoiner'],
  [0x2061, 0x2065, 'invisibleOperator'],
  [0x2066, 0x2069, 'directionIsolate'],
  [0x206a, 0x206f, 'deprecatedFormatCharacter'],
  [0x2800, 0x2800, 'brailleBlank'],
  [0x3164, 0x3164, 'hangulFiller'],
  [0xd800, 0xdfff, 'brokenCharacter'],
  [0xe000, 0xf8ff, 'privateCharacter'],
  [0xfdd0, 0xfdef, 'noncharacter'],
  [0xfe00, 0xfe0f, 'variationSelector'],
  [0xfeff, 0xfeff, 'byteOrderMark'],
  [0xffa0, 0xffa0, 'hangulFiller'],
  [0xfff0, 0xfffc, 'formatCharacter'],
  [0xfffe, 0xffff, 'noncharacter'],
  [0x110bd, 0x110bd, 'formatCharacter'],
  [0x110cd, 0x110cd, 'formatCharacter'],
  [0x13430, 0x1345f, 'hieroglyphControl'],
  [0x16fe4, 0x16fe4, 'khitanFiller'],
  [0x1bca0, 0x1bca3, 'shorthandControl'],
  [0x1d159, 0x1d159, 'emptyNoteHead'],
  [0x1d173, 0x1d17a, 'musicalControl'],
  [0xe0000, 0xe007f, 'tagCharacter'],
  [0xe0080, 0xe0fff, 'variationSelector'],
  [0xf0000, 0x10ffff, 'privateCharacter'],
];

/** Spaces that look like spaces; Odoo writes them into formatted numbers. */
const QUIET: readonly Row[] = [
  [0x0009, 0x0009, 'tab', '→'],
  [0x00a0, 0x00a0, 'noBreakSpace', '⍽'],
  [0x202f, 0x202f, 'narrowNoBreakSpace', '⍽'],
  [0x3000, 0x3000, 'ideographicSpace', '⍽'],
];

/** More spaces in a row are counted instead of drawn; at the beginning of a line they may be indentation. */
const SPACES_DRAWN = 8;
const INDENTATION_DRAWN = 40;
/** More line breaks in a row are counted: blank lines push the rest out of sight. */
const BREAKS_DRAWN = 3;
/** So many accents on one letter are drawn; more can paint over other lines. */
const ACCENTS_DRAWN = 2;

/** `text` in stretches, in order. */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let plain = '';
  const mark = (segment: Segment) => {
    if (plain !== '') found.push({ kind: 'text', text: plain });
    plain = '';
    found.push(segment);
  };
  const lookalikes = foreignLetters(text);
  let accents = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    const character = String.fromCodePoint(code);
    const spaces = code === 0x20 ? runFrom(text, at) : 0;
    const breaks = code === 0x0a ? runFrom(text, at) : 0;
    accents = ACCENT.test(character) ? accents + 1 : 0;
    const hidden = row(INVISIBLE, code);
    const quiet = row(QUIET, code);
    const isIndentation = at === 0 || text[at - 1] === '\n';
    if (spaces > (isIndentation ? INDENTATION_DRAWN : SPACES_DRAWN)) {
      mark({ kind: 'mark', label: `␣×${spaces}`, name: 'spaces' });
      at += spaces;
      continue;
    } else if (spaces > 0) {
      plain += ' '.repeat(spaces);
      at += spaces;
      continue;
    } else if (breaks > BREAKS_DRAWN) {
      mark({ kind: 'mark', label: `↵×${breaks}`, name: 'lineBreaks' });
      found.push({ kind: 'newline' });
      at += breaks;
      continue;
    } else if (code === 0x0a) {
      mark({ kind: 'newline' });
    } else if (hidden !== undefined) {
      mark({ kind: 'mark', label: codeLabel(code), name: hidden[2] });
    } else if (quiet !== undefined) {
      mark({ kind: 'space', label: quiet[3] ?? '⍽', name: quiet[2] });
    } else if (accents > ACCENTS_DRAWN) {
      mark({ kind: 'mark', label: codeLabel(code), name: 'stackedAccent' });
    } else if (lookalikes.has(at)) {
      mark({ kind: 'mark', label: `${character} ${codeLabel(code)}`, name: 'letterOfAnotherScript' });
    } else {
      plain += character;
    }
    at += character.length;
  }
  if (plain !== '') found.push({ kind: 'text', text: plain });
  return found;
}

/** Whether `text` holds anything that would be drawn as a mark. */
export const hides = (text: string): boolean => segments(text).some((segment) => segment.kind === 'mark');

/** How much of `text` is drawn before “Show all”: its first lines and characters, never half a character. */
export function excerpt(text: string, characters: number, lines: number): string {
  let end = 0;
  let seenLines = 1;
  let seen = 0;
  for (const character of text) {
    if (seen === characters) break;
    if (character === '\n' && ++seenLines > lines) break;
    seen += 1;
    end += character.length;
  }
  return text.slice(0, end);
}

/** How many characters a person would count, give or take accents. */
export const characterCount = (text: string): number => [...text].length;

const ACCENT = /\p{M}/u;
const WORD = /[\p{L}\p{M}\p{N}_.@-]+/gu;
const LATIN = /\p{Script=Latin}/u;
const IMITATES_LATIN = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u;

/** Where words mix Latin with letters that look like Latin: the places of those letters. */
function foreignLetters(text: string): Set<number> {
  const places = new Set<number>();
  for (const word of text.matchAll(WORD)) {
    if (!LATIN.test(word[0])) continue;
    let at = word.index;
    for (const character of word[0]) {
      if (IMITATES_LATIN.test(character)) places.add(at);
      at += character.length;
    }
  }
  return places;
}

/** How often the character at `start` stands there in a row. */
function runFrom(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] === text[start]) end += 1;
  return end - start;
}

const row = (table: readonly Row[], code: number): Row | undefined =>
  table.find(([first, last]) => code >= first && code <= last);

const codeLabel = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
