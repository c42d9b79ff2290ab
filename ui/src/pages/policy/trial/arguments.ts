import { parser } from '@lezer/json';
import type { PathKind } from '../../../lib/bindings/PathKind';
import type { PolicyPath } from '../../../lib/bindings/PolicyPath';
import { t } from '../../../lib/messages';
import { onOneLine } from './values';

/** What is wrong with arguments as text; none when they are a JSON object. */
export function problemOf(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (text.trim() === '') return t.policyTrial.problems.empty;
    const place = placeOf(text);
    return place === null ? t.policyTrial.problems.notJson : t.policyTrial.problems.notJsonAt(place.line, place.column);
  }
  return isObject(value) ? null : t.policyTrial.problems.notObject;
}

/** Where the text first stops being JSON; engines tell it in words of their own, or not at all. */
function placeOf(text: string): { line: number; column: number } | null {
  let first: number | null = null;
  parser.parse(text).iterate({
    enter: ({ type, from }) => {
      if (type.isError) first ??= from;
      return first === null;
    },
  });
  if (first === null) return null;
  const before = text.slice(0, first).split('\n');
  return { line: before.length, column: (before[before.length - 1] ?? '').length + 1 };
}

/** The arguments among the paths of a tool, but for the connection, which is chosen beside them. */
export const argumentPaths = (paths: readonly PolicyPath[]): PolicyPath[] =>
  paths.filter(({ path }) => path.startsWith('args.') && path !== 'args.connection');

/** The keys of a path: `args.values.x\.y` leads to `values`, then `x.y`. */
export function keysOf(path: string): string[] {
  const keys: string[] = [''];
  for (let at = 0; at < path.length; at += 1) {
    const character = path[at] ?? '';
    if (character === '\\' && at + 1 < path.length) keys[keys.length - 1] += path[(at += 1)] ?? '';
    else if (character === '.') keys.push('');
    else keys[keys.length - 1] += character;
  }
  return keys[0] === 'args' ? keys.slice(1) : keys;
}

/** Whether the arguments hold something at a path. */
export function holds(text: string, path: string): boolean {
  let place: unknown;
  try {
    place = JSON.parse(text);
  } catch {
    return false;
  }
  for (const key of keysOf(path)) {
    if (Array.isArray(place)) [place] = place;
    if (!isObject(place) || !Object.prototype.hasOwnProperty.call(place, key)) return false;
    place = place[key];
  }
  return true;
}

/**
 * The arguments with a value at a path, as it was seen there most often or empty of its kind. None when they are not a
 * JSON object, or something else stands in the way.
 */
export function withArgument(text: string, { path, kind, seen }: PolicyPath): string | null {
  if (problemOf(text.trim() === '' ? '{}' : text) !== null) return null;
  const root = JSON.parse(text.trim() === '' ? '{}' : text) as Record<string, unknown>;
  const keys = keysOf(path);
  let place: Record<string, unknown> = root;
  for (const [index, key] of keys.entries()) {
    if (index === keys.length - 1) {
      set(place, key, example(kind, seen));
      break;
    }
    const next = Object.prototype.hasOwnProperty.call(place, key) ? place[key] : undefined;
    const inside: unknown = Array.isArray(next) ? next[0] : next;
    if (isObject(inside)) place = inside;
    else if (next !== undefined) return null;
    else {
      const made: Record<string, unknown> = {};
      set(place, key, made);
      place = made;
    }
  }
  return laidOut(root);
}

/** JSON with a member on each line, and lists on one line where they are short. */
export function laidOut(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const line = onOneLine(value);
    if (line.length + indent.length <= LINE) return line;
    return `[\n${value.map((item) => inner + laidOut(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  const member = ([key, of]: [string, unknown]) => `${inner}${JSON.stringify(key)}: ${laidOut(of, inner)}`;
  const members = Object.entries(value).map(member);
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}

/** So many characters fit beside each other where arguments are edited. */
const LINE = 56;

/** Defined, not assigned: `__proto__` is a key like any other. */
const set = (place: Record<string, unknown>, key: string, value: unknown): unknown =>
  Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true });

function example(kind: PathKind, seen: readonly string[]): unknown {
  for (const json of seen) {
    try {
      const value: unknown = JSON.parse(json);
      // Along a list a condition sees one element at a time.
      return kind === 'list' && !Array.isArray(value) ? [value] : value;
    } catch {
      // Cut short where it was collected; the next may be whole.
    }
  }
  switch (kind) {
    case 'text':
      return '';
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'list':
      return [];
    case 'any':
      return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
