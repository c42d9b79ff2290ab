import type { PathKind } from '../../../lib/bindings/PathKind';

/**
 * Values of conditions are JSON texts. Numbers are never read into a number, so none is rounded; what is neither a
 * text, number, true, false nor a list of these is left as it stands.
 */

export const OPS = ['eq', 'neq', 'in', 'not_in', 'contains', 'regex', 'lt', 'lte', 'gt', 'gte', 'exists'] as const;
export type Op = (typeof OPS)[number];

/** What an operator compares with. */
export type Operand = 'one' | 'many' | 'number' | 'pattern' | 'flag';

/** The kinds of a value. */
export const SCALARS = ['text', 'number', 'boolean'] as const;
export type Scalar = (typeof SCALARS)[number];
export type ValueKind = Scalar | 'list' | 'json';

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const ORDERED: readonly Op[] = ['lt', 'lte', 'gt', 'gte'];
const LISTED: readonly Op[] = ['in', 'not_in'];

export const isOp = (op: string): op is Op => OPS.some((known) => known === op);

/** What an operator compares with; one that is not known takes anything. */
export function operandOf(op: string): Operand | null {
  if (!isOp(op)) return null;
  if (op === 'exists') return 'flag';
  if (op === 'regex') return 'pattern';
  if (ORDERED.includes(op)) return 'number';
  return LISTED.includes(op) ? 'many' : 'one';
}

const OPS_OF: Record<PathKind, readonly Op[]> = {
  text: ['eq', 'neq', 'in', 'not_in', 'contains', 'regex', 'exists'],
  number: ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'not_in', 'exists'],
  boolean: ['eq', 'neq', 'exists'],
  list: ['contains', 'eq', 'neq', 'in', 'not_in', 'regex', 'exists'],
  any: OPS,
};

/** The operators that make sense for a kind of path, with the one in use. */
export function opsFor(kind: PathKind, used: string): string[] {
  const ops: readonly string[] = OPS_OF[kind];
  return ops.includes(used) || used === '' ? [...ops] : [...ops, used];
}

/** What a JSON text holds. */
export function kindOf(value: string): ValueKind {
  const text = value.trim();
  if (NUMBER.test(text)) return 'number';
  if (text === 'true' || text === 'false') return 'boolean';
  if (text.startsWith('"') && isJson(text)) return 'text';
  const items = itemsOf(text);
  return items !== null && items.every((item) => isScalar(kindOf(item))) ? 'list' : 'json';
}

const isScalar = (kind: ValueKind | PathKind): kind is Scalar => SCALARS.some((scalar) => scalar === kind);

export const isNumber = (text: string): boolean => NUMBER.test(text.trim());

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether two JSON texts differ in spaces at most, as far as a text can tell that is only read. */
export function sameValue(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return false;
  }
}

/** What a text holds between its quotes; anything else as it is written. */
export function plainOf(value: string): string {
  return kindOf(value) === 'text' ? (JSON.parse(value) as string) : value.trim();
}

/** The items of a JSON list, each as it is written; null when it is no list. */
export function itemsOf(value: string): string[] | null {
  const text = value.trim();
  if (!text.startsWith('[') || !isJson(text)) return null;
  const items: string[] = [];
  let depth = 0;
  let from = 1;
  for (let at = 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') at = endOfText(text, at);
    else if (character === '[' || character === '{') depth += 1;
    else if (depth === 0 && (character === ',' || character === ']')) {
      const item = text.slice(from, at).trim();
      if (item !== '') items.push(item);
      from = at + 1;
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return items;
}

/** Where a text in quotes that begins here ends. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at;
}

export const listOf = (items: readonly string[]): string => `[${items.join(', ')}]`;

/** What a person typed as a value of this kind. What is no number yet is kept as a text, which the checker tells. */
export function typedAs(kind: Scalar, typed: string): string {
  if (kind === 'text') return JSON.stringify(typed);
  const trimmed = typed.trim();
  const fits = kind === 'number' ? isNumber(trimmed) : trimmed === 'true' || trimmed === 'false';
  return fits ? trimmed : JSON.stringify(typed);
}

/** How a value is edited. */
export type Editor = 'flag' | 'text' | 'pattern' | 'number' | 'boolean' | 'list' | 'json';

/**
 * The editor that shows a value whole: what the operator wants where the value fits, the raw JSON where it does not.
 * `picked` is the kind that the person chose for it.
 */
export function editorFor(op: string, value: string, picked: Scalar | 'json' | null): Editor {
  const kind = kindOf(value);
  const operand = operandOf(op);
  if (picked === 'json' || kind === 'json') return 'json';
  if (operand === 'flag') return kind === 'boolean' ? 'flag' : 'json';
  if (kind === 'list') return 'list';
  if (operand === 'many') return 'json';
  if (operand === 'pattern') return kind === 'text' ? 'pattern' : 'json';
  if (operand === 'number') return kind === 'boolean' ? 'json' : 'number';
  // A text that is not a number yet stands in the field of a number.
  return picked !== null && kind === 'text' ? picked : kind;
}

/** The kind that values of a path have, when the value itself does not say. */
export function scalarFor(pathKind: PathKind, seen: readonly string[]): Scalar {
  if (pathKind === 'number' || pathKind === 'boolean' || pathKind === 'text') return pathKind;
  const kinds = new Set(suggestions(seen).map(kindOf));
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined && isScalar(only) ? only : 'text';
}

/** The value as another operator needs it, where nothing is lost by it; else the value as it is. */
export function converted(value: string, op: string, pathKind: PathKind): string {
  const items = itemsOf(value);
  switch (operandOf(op)) {
    case 'flag':
      return kindOf(value) === 'boolean' ? value : 'true';
    case 'many':
      if (items !== null) return value;
      return isEmpty(value) ? '[]' : listOf([value.trim()]);
    case 'number':
      return fromItems(items, (item) => (isNumber(plainOf(item)) ? plainOf(item) : item), value);
    case 'pattern':
      return fromItems(items, (item) => (isScalar(kindOf(item)) ? JSON.stringify(plainOf(item)) : item), value);
    case 'one':
      return fromItems(items, (item) => retyped(item, pathKind), value);
    case null:
      return value;
  }
}

/** A number in quotes loses them at a path of numbers, and a number gets them at a path of texts. */
function retyped(value: string, pathKind: PathKind): string {
  const kind = kindOf(value);
  return isScalar(kind) && isScalar(pathKind) && !isEmpty(value) ? typedAs(pathKind, plainOf(value)) : value;
}

/** The only item of a list, or what is no list; several items stay a list. */
function fromItems(items: string[] | null, change: (item: string) => string, value: string): string {
  if (items === null) return change(value.trim());
  if (items.length === 0) return '""';
  return items.length === 1 ? change(items[0] ?? '') : value;
}

const isEmpty = (value: string): boolean => value.trim() === '' || value.trim() === '""';

/** Single values out of what recent calls had at a path, most frequent first. */
export function suggestions(seen: readonly string[], most = 8): string[] {
  const singles = seen.flatMap((value) => itemsOf(value) ?? [value]).filter((value) => isScalar(kindOf(value)));
  return [...new Set(singles)].slice(0, most);
}
