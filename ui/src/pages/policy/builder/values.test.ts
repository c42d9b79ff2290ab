import { describe, expect, it } from 'vitest';
import type { PathKind } from '../../../lib/bindings/PathKind';
import {
  converted,
  editorFor,
  isNumber,
  itemsOf,
  kindOf,
  listOf,
  OPS,
  opsFor,
  plainOf,
  sameValue,
  scalarFor,
  suggestions,
  typedAs,
  type ValueKind,
} from './values';

describe('a value', () => {
  it.each<[string, ValueKind]>([
    ['"draft"', 'text'],
    ['""', 'text'],
    ['"9999"', 'text'],
    [' "a \\" b" ', 'text'],
    ['10', 'number'],
    ['-0.10', 'number'],
    ['1e400', 'number'],
    ['123456789012345678901234567890.000000001', 'number'],
    ['01', 'json'],
    ['1.', 'json'],
    ['+1', 'json'],
    ['true', 'boolean'],
    ['false', 'boolean'],
    ['True', 'json'],
    ['null', 'json'],
    ['[]', 'list'],
    ['["a", 1, true]', 'list'],
    ['[["a"]]', 'json'],
    ['[null]', 'json'],
    ['{"a": 1}', 'json'],
    ['[1, 2', 'json'],
    ['"open', 'json'],
    ['', 'json'],
  ])('%s is a %s', (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });

  it('is split into items as they are written', () => {
    expect(itemsOf('[ "a,b]" , 1.50, -2e10,"\\"[\\\\", true,"é" ]')).toEqual([
      '"a,b]"',
      '1.50',
      '-2e10',
      '"\\"[\\\\"',
      'true',
      '"é"',
    ]);
    expect(itemsOf('[[1, 2], {"a": ["b,"]}]')).toEqual(['[1, 2]', '{"a": ["b,"]}']);
    expect(itemsOf('[]')).toEqual([]);
    expect(itemsOf('[1,]')).toBeNull();
    expect(itemsOf('"[1]"')).toBeNull();
    expect(listOf(['"a"', '12345678901234567890'])).toBe('["a", 12345678901234567890]');
  });

  it('of a number is never rounded, neither alone nor in a list', () => {
    for (const number of ['9007199254740993', '0.1000000000000000055', '1e400', '-0', '1.50']) {
      expect(isNumber(number)).toBe(true);
      expect(typedAs('number', ` ${number} `)).toBe(number);
      expect(plainOf(number)).toBe(number);
      expect(converted(number, 'in', 'number')).toBe(`[${number}]`);
      expect(converted(`[${number}]`, 'eq', 'number')).toBe(number);
      expect(converted(`"${number}"`, 'gte', 'number')).toBe(number);
    }
  });

  it('that is typed is the JSON of its kind, and a text until it is', () => {
    expect(typedAs('text', 'say "hi"\\')).toBe('"say \\"hi\\"\\\\"');
    expect(typedAs('number', '1.')).toBe('"1."');
    expect(typedAs('number', '')).toBe('""');
    expect(typedAs('boolean', 'true')).toBe('true');
    expect(typedAs('boolean', 'yes')).toBe('"yes"');
    expect(plainOf(typedAs('text', 'a\nb\u2028'))).toBe('a\nb\u2028');
  });

  it('differs from another by more than spaces, or not', () => {
    expect(sameValue('[1,2]', '[1, 2]')).toBe(true);
    expect(sameValue('"a"', '"b"')).toBe(false);
    expect(sameValue('nope', '"a"')).toBe(false);
  });
});

describe('operators', () => {
  it.each<[PathKind, string[], string[]]>([
    ['text', ['eq', 'regex', 'contains', 'exists'], ['gte']],
    ['number', ['eq', 'gte', 'lt', 'in'], ['regex', 'contains']],
    ['boolean', ['eq', 'exists'], ['in', 'gte', 'regex']],
    ['list', ['contains', 'in', 'exists'], ['gte']],
    ['any', [...OPS], []],
  ])('for %s', (kind, offered, others) => {
    const ops = opsFor(kind, 'eq');
    expect(ops).toEqual(expect.arrayContaining(offered));
    expect(ops.filter((op) => others.includes(op))).toEqual([]);
  });

  it('in use stays, whatever it is', () => {
    expect(opsFor('boolean', 'gte')).toContain('gte');
    expect(opsFor('text', 'startswith')).toContain('startswith');
  });

  it.each<[string, string, PathKind, string]>([
    ['"a"', 'in', 'text', '["a"]'],
    ['""', 'in', 'text', '[]'],
    ['["a"]', 'eq', 'text', '"a"'],
    ['["a", "b"]', 'eq', 'text', '["a", "b"]'],
    ['[]', 'eq', 'text', '""'],
    ['10', 'eq', 'any', '10'],
    ['10', 'eq', 'text', '"10"'],
    ['"10"', 'eq', 'number', '10'],
    ['"ten"', 'eq', 'number', '"ten"'],
    ['"10"', 'gte', 'any', '10'],
    ['"ten"', 'gte', 'any', '"ten"'],
    ['10', 'regex', 'any', '"10"'],
    ['"a"', 'exists', 'any', 'true'],
    ['false', 'exists', 'any', 'false'],
    ['{"a": 1}', 'gte', 'any', '{"a": 1}'],
    ['{"a": 1}', 'regex', 'any', '{"a": 1}'],
    ['"a"', 'startswith', 'any', '"a"'],
  ])('%s for %s over %s becomes %s', (value, op, kind, becomes) => {
    expect(converted(value, op, kind)).toBe(becomes);
  });
});

describe('the editor', () => {
  it.each<[string, string, Parameters<typeof editorFor>[2], string]>([
    ['exists', 'true', null, 'flag'],
    ['exists', '"true"', null, 'json'],
    ['regex', '"^a"', null, 'pattern'],
    ['regex', '10', null, 'json'],
    ['gte', '10', null, 'number'],
    ['gte', '"ten"', null, 'number'],
    ['gte', 'true', null, 'json'],
    ['gte', '[1]', null, 'list'],
    ['in', '["a"]', null, 'list'],
    ['in', '"a"', null, 'json'],
    ['eq', '"a"', null, 'text'],
    ['eq', '1', null, 'number'],
    ['eq', 'true', null, 'boolean'],
    ['eq', '"1."', 'number', 'number'],
    ['eq', '1', 'text', 'number'],
    ['eq', '"a"', 'json', 'json'],
    ['eq', '["a", "b"]', null, 'list'],
    ['eq', 'null', null, 'json'],
    ['startswith', '"a"', null, 'text'],
  ])('of %s with %s, picked %s, is %s', (op, value, picked, editor) => {
    expect(editorFor(op, value, picked)).toBe(editor);
  });

  it('takes the kind of what recent calls had where the path does not say', () => {
    expect(scalarFor('any', ['1', '2'])).toBe('number');
    expect(scalarFor('list', ['[1, 2]', '3'])).toBe('number');
    expect(scalarFor('any', ['1', '"2"'])).toBe('text');
    expect(scalarFor('any', [])).toBe('text');
    expect(scalarFor('boolean', [])).toBe('boolean');
  });

  it('offers single values of recent calls, each once', () => {
    expect(suggestions(['["name", "email"]', '"name"', '10', 'null', '{"a": 1}', '[[1]]'])).toEqual([
      '"name"',
      '"email"',
      '10',
    ]);
    expect(suggestions(Array.from({ length: 20 }, (_, at) => String(at)))).toHaveLength(8);
  });
});
