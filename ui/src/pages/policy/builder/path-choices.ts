import type { PathKind } from '../../../lib/bindings/PathKind';
import type { PolicyPath } from '../../../lib/bindings/PolicyPath';

/** So many paths are offered at once; typing finds the others. */
const OFFERED = 60;

/** The paths that fit what was typed, those that begin with it first; all of them while nothing was. */
export function matching(paths: readonly PolicyPath[], typed: string | null): PolicyPath[] {
  const words = (typed ?? '').toLowerCase().trim();
  const fitting = paths.filter(({ path }) => path.toLowerCase().includes(words));
  const begins = ({ path }: PolicyPath) => path.toLowerCase().startsWith(words);
  return [...fitting.filter(begins), ...fitting.filter((path) => !begins(path))].slice(0, OFFERED);
}

/** What stands at a path, as far as it is known. */
export const pathKind = (paths: readonly PolicyPath[], path: string): PathKind =>
  paths.find((known) => known.path === path)?.kind ?? 'any';

/** What recent calls had at a path. */
export const seenAt = (paths: readonly PolicyPath[], path: string): readonly string[] =>
  paths.find((known) => known.path === path)?.seen ?? [];
