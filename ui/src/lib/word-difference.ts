import { compared, type DiffLine } from './difference';

/** A stretch of running text, with everything that stands in it. */
export interface Stretch {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** Unchanged text kept around a change, in words. */
const CONTEXT = 8;
/** A shorter unchanged stretch is not worth folding. */
const FOLDED_FROM = 3 * CONTEXT;

/** What was kept, removed and added between two texts, word by word. All kept and added ones together are `after`. */
export function wordDifference(before: string, after: string): Stretch[] {
  return joined(withoutIslands(compared(tokens(before), tokens(after))));
}

/** An unchanged stretch as it is drawn: its beginning, how many words are folded away, its end. */
export interface Fold {
  head: string;
  hidden: string;
  words: number;
  tail: string;
}

/** Folds a long unchanged stretch; null where it stands in full. At the edges of a text only the side of the change stays. */
export function fold(text: string, isFirst: boolean, isLast: boolean): Fold | null {
  const parts = tokens(text);
  const words = parts.flatMap((part, index) => (part.trim() === '' ? [] : [index]));
  if (words.length < FOLDED_FROM) return null;
  const from = isFirst ? 0 : (words[CONTEXT] ?? 0);
  const to = isLast ? parts.length : (words[words.length - CONTEXT] ?? parts.length);
  return {
    head: parts.slice(0, from).join(''),
    hidden: parts.slice(from, to).join(''),
    words: words.filter((index) => index >= from && index < to).length,
    tail: parts.slice(to).join(''),
  };
}

const TOKEN = /[\p{L}\p{M}\p{N}_]+(?:[.@-][\p{L}\p{M}\p{N}_]+)*|\s+|[^\s\p{L}\p{N}_]\p{M}*/gu;

/** Words, runs of white space, and every other character by itself with its accents. Mixed scripts stay in one word. */
const tokens = (text: string): string[] => text.match(TOKEN) ?? [];

/** White space alone between two changes belongs to both: three changed words are one change. */
function withoutIslands(parts: readonly DiffLine[]): DiffLine[] {
  const isSpace = (part: DiffLine | undefined) => part?.kind === 'same' && part.text.trim() === '';
  return parts.flatMap((part, index) => {
    const isBetween = index > 0 && index < parts.length - 1;
    const isIsland =
      isSpace(part) && isBetween && parts[index - 1]?.kind !== 'same' && parts[index + 1]?.kind !== 'same';
    if (!isIsland) return [part];
    return [
      { kind: 'removed', text: part.text },
      { kind: 'added', text: part.text },
    ];
  });
}

/** Neighbours of one kind as one; what was removed stands before what took its place. */
function joined(parts: readonly DiffLine[]): Stretch[] {
  const found: Stretch[] = [];
  let removed = '';
  let added = '';
  const flush = () => {
    if (removed !== '') found.push({ kind: 'removed', text: removed });
    if (added !== '') found.push({ kind: 'added', text: added });
    removed = '';
    added = '';
  };
  for (const { kind, text } of parts) {
    if (kind === 'removed') removed += text;
    else if (kind === 'added') added += text;
    else {
      flush();
      const last = found[found.length - 1];
      if (last?.kind === 'same') last.text += text;
      else found.push({ kind: 'same', text });
    }
  }
  flush();
  return found;
}
