import type { Branch } from './branches';

/** Whether a part stands in both explanations, and alike. */
export type Mark = 'same' | 'changed' | 'before' | 'after';

/** A part of two explanations of one call. */
export interface Compared {
  /** Unlike among its siblings, and the same when the trees are compared again. */
  key: string;
  mark: Mark;
  /** The part as it is drawn: of the second tree where it stands there. */
  branch: Branch;
  /** The part in the first tree, where it differs. */
  was: Branch | null;
  /** It or something inside it differs. */
  differs: boolean;
  /** It lies on a path that led to an answer. */
  decides: boolean;
  children: readonly Compared[];
}

/** One explanation, drawn by itself. */
export const alone = (branches: readonly Branch[]): Compared[] =>
  keyed(branches.map((branch) => whole(branch, 'same', alone(branch.children))));

/** Two explanations as one: what both have stands once, the rest is marked. */
export function compared(before: readonly Branch[], after: readonly Branch[]): Compared[] {
  return keyed(
    aligned(before, after).map(([old, now]): Compared => {
      if (old === undefined || now === undefined) return onlyIn(old, now);
      const children = compared(old.children, now.children);
      const mark = isSame(old, now) ? 'same' : 'changed';
      return {
        key: '',
        mark,
        branch: now,
        was: mark === 'same' ? null : old,
        differs: mark === 'changed' || children.some((child) => child.differs),
        decides: old.decides || now.decides,
        children,
      };
    }),
  );
}

function onlyIn(old: Branch | undefined, now: Branch | undefined): Compared {
  const mark = now === undefined ? 'before' : 'after';
  const branch = (now ?? old) as Branch;
  return whole(
    branch,
    mark,
    keyed(branch.children.map((child) => (mark === 'before' ? onlyIn(child, undefined) : onlyIn(undefined, child)))),
  );
}

const whole = (branch: Branch, mark: Mark, children: readonly Compared[]): Compared => ({
  key: '',
  mark,
  branch,
  was: null,
  differs: mark !== 'same',
  decides: branch.decides,
  children,
});

function keyed(siblings: readonly Compared[]): Compared[] {
  const seen = new Map<string, number>();
  return siblings.map((one) => {
    const base = `${one.branch.kind} ${one.branch.identity}`;
    const times = seen.get(base) ?? 0;
    seen.set(base, times + 1);
    return { ...one, key: `${base} ${times}` };
  });
}

const isSame = (a: Branch, b: Branch): boolean =>
  a.outcome.words === b.outcome.words &&
  a.decides === b.decides &&
  a.words === b.words &&
  JSON.stringify([a.conditions, a.counter]) === JSON.stringify([b.conditions, b.counter]);

type Pair = [Branch | undefined, Branch | undefined];

/** Pairs what has the same identity, in order; between two pairs, a rule that was edited is paired with itself. */
function aligned(before: readonly Branch[], after: readonly Branch[]): Pair[] {
  const pairs: Pair[] = [];
  let at = 0;
  let to = 0;
  for (const [i, j] of [...common(before, after), [before.length, after.length] as const]) {
    pairs.push(...edited(before.slice(at, i), after.slice(to, j)));
    if (i < before.length && j < after.length) pairs.push([before[i], after[j]]);
    at = i + 1;
    to = j + 1;
  }
  return pairs;
}

/** The longest common subsequence, as pairs of places. */
function common(before: readonly Branch[], after: readonly Branch[]): (readonly [number, number])[] {
  const longest = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0;
  const same = (i: number, j: number) =>
    before[i]?.kind === after[j]?.kind && before[i]?.identity === after[j]?.identity;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = longest[i];
      if (row !== undefined) row[j] = same(i, j) ? 1 + at(i + 1, j + 1) : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (same(i, j)) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

/** Steps of one kind at one place are one rule before and after it was edited. */
function edited(before: readonly Branch[], after: readonly Branch[]): Pair[] {
  const left = [...after];
  const pairs = before.map((old): Pair => {
    const at = left.findIndex(
      (now) => old.kind === 'step' && now.kind === 'step' && now.title === old.title && now.rule === old.rule,
    );
    return [old, at < 0 ? undefined : left.splice(at, 1)[0]];
  });
  return [...pairs, ...left.map((now): Pair => [undefined, now])];
}
