import type { PolicyProblem } from '../bindings/PolicyProblem';

/** A value of a JSON text and where it stands. */
export interface Node {
  at: number;
  value:
    | { kind: 'object'; entries: { key: string; at: number; node: Node }[] }
    | { kind: 'list'; items: Node[] }
    | { kind: 'text'; text: string }
    /** A number, true, false or null, as it is written. */
    | { kind: 'word'; word: string };
}

/** The place of a character, both from 1. */
export function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before[before.length - 1] ?? '').length + 1 };
}

const WORD = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;

/** Reads JSON, or tells where it stops being JSON. */
export function readJson(text: string): Node | PolicyProblem {
  let at = 0;
  const fail = (why: string): never => {
    throw { pointer: '', ...placeOf(text, at), message: `This is not JSON: ${why}.` } satisfies PolicyProblem;
  };
  const space = () => {
    while (/\s/.test(text.charAt(at))) at += 1;
  };
  const token = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return null;
    at += found.length;
    return found;
  };
  /** What stands between two brackets, separated by commas. */
  const each = (end: string, read: () => void) => {
    at += 1;
    space();
    if (text[at] === end) {
      at += 1;
      return;
    }
    for (;;) {
      read();
      space();
      if (text[at] === end) break;
      if (text[at] !== ',') fail(`“,” or “${end}” is expected here`);
      at += 1;
      space();
    }
    at += 1;
  };
  const value = (): Node => {
    space();
    const start = at;
    if (text[at] === '{') {
      const entries: { key: string; at: number; node: Node }[] = [];
      each('}', () => {
        const keyAt = at;
        const key = JSON.parse(token(TEXT) ?? fail('a key in quotes is expected here')) as string;
        space();
        if (text[at] !== ':') fail('“:” is expected here');
        at += 1;
        entries.push({ key, at: keyAt, node: value() });
      });
      return { at: start, value: { kind: 'object', entries } };
    }
    if (text[at] === '[') {
      const items: Node[] = [];
      each(']', () => items.push(value()));
      return { at: start, value: { kind: 'list', items } };
    }
    const quoted = token(TEXT);
    if (quoted !== null) return { at: start, value: { kind: 'text', text: JSON.parse(quoted) as string } };
    return { at: start, value: { kind: 'word', word: token(WORD) ?? fail('a JSON value is expected here') } };
  };
  try {
    const root = value();
    space();
    if (at < text.length) fail('nothing may follow the value');
    return root;
  } catch (problem) {
    if (typeof problem === 'object' && problem !== null && 'pointer' in problem) return problem as PolicyProblem;
    throw problem;
  }
}

/** The text of a value, as it would be printed on one line. */
export function printed(node: Node): string {
  const { value } = node;
  switch (value.kind) {
    case 'object':
      return `{${value.entries.map(({ key, node: inner }) => `${JSON.stringify(key)}: ${printed(inner)}`).join(', ')}}`;
    case 'list':
      return `[${value.items.map(printed).join(', ')}]`;
    case 'text':
      return JSON.stringify(value.text);
    case 'word':
      return value.word;
  }
}
