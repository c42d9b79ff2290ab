export interface DiffLine {
  kind: 'same' | 'removed' | 'added' | 'skipped';
  text: string;
}

/** Unchanged lines kept around a change. */
const CONTEXT = 2;
/** Above this many pairs of lines the middle is shown as removed and added as a whole. */
const PAIRS_COMPARED = 4_000_000;

/** The difference of two texts, line by line; long unchanged stretches become one `skipped` line with their count. */
export function difference(before: string, after: string): DiffLine[] {
  return folded(compared(linesOf(before), linesOf(after)));
}

/** What was kept, removed and added between two sequences, in order. */
export function compared(old: readonly string[], now: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail += 1;
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return [
    ...old.slice(0, head).map(same),
    ...middle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

/** An empty text has no line; a line feed at the end ends the last one. */
function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** By longest common subsequence. */
function middle(old: readonly string[], now: readonly string[]): DiffLine[] {
  const width = now.length + 1;
  const isCompared = old.length * now.length <= PAIRS_COMPARED;
  const common = new Uint32Array(isCompared ? (old.length + 1) * width : 0);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  if (isCompared) {
    for (let row = old.length - 1; row >= 0; row -= 1) {
      for (let column = now.length - 1; column >= 0; column -= 1) {
        common[row * width + column] =
          old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      }
    }
  }
  const found: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < now.length) {
    const [left, right] = [old[row], now[column]];
    if (isCompared && left !== undefined && left === right) {
      found.push({ kind: 'same', text: left });
      row += 1;
      column += 1;
    } else if (left !== undefined && (right === undefined || at(row + 1, column) >= at(row, column + 1))) {
      found.push({ kind: 'removed', text: left });
      row += 1;
    } else {
      found.push({ kind: 'added', text: right ?? '' });
      column += 1;
    }
  }
  return found;
}

function folded(lines: DiffLine[]): DiffLine[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => line.kind !== 'same'),
  );
  const found: DiffLine[] = [];
  let skipped = 0;
  const flush = () => {
    if (skipped > 0) found.push({ kind: 'skipped', text: String(skipped) });
    skipped = 0;
  };
  lines.forEach((line, index) => {
    if (near[index]) {
      flush();
      found.push(line);
    } else skipped += 1;
  });
  flush();
  return found;
}

/** How many lines were removed or added; a line that took another's place counts once. */
export function changedLines(before: string, after: string): number {
  let count = 0;
  let removed = 0;
  let added = 0;
  for (const { kind } of [...difference(before, after), { kind: 'skipped' }]) {
    if (kind === 'removed') removed += 1;
    else if (kind === 'added') added += 1;
    else {
      count += Math.max(removed, added);
      removed = 0;
      added = 0;
    }
  }
  return count;
}
