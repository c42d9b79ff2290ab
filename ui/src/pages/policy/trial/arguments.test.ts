import { describe, expect, it } from 'vitest';
import type { PolicyPath } from '../../../lib/bindings/PolicyPath';
import { argumentPaths, holds, keysOf, laidOut, problemOf, withArgument } from './arguments';

const path = (name: string, kind: PolicyPath['kind'] = 'text', seen: string[] = []): PolicyPath => ({
  path: name,
  kind,
  seen,
});

describe('arguments as text', () => {
  it('are fine as an object', () => expect(problemOf('{"ids": [1]}')).toBeNull());

  it.each([
    ['', 'Enter a JSON object'],
    ['[1]', 'begin with {'],
    ['null', 'begin with {'],
    ['"x"', 'begin with {'],
    ['{\n  "ids": [1,,2]\n}', 'line 2, character 13'],
    ['{"a": 1', 'line 1, character 8'],
    ['{"a": 01}', 'not JSON'],
    ['{"a": tru}', 'line 1, character 7'],
  ])('are refused as %j, in words', (text, words) => expect(problemOf(text)).toContain(words));
});

describe('a path', () => {
  it('is keys, with a backslash before a dot inside one', () => {
    expect(keysOf('args.values.x_1')).toEqual(['values', 'x_1']);
    expect(keysOf('args.a\\.b.c')).toEqual(['a.b', 'c']);
    expect(keysOf('args.a\\\\.b')).toEqual(['a\\', 'b']);
  });

  it('is offered only when it is an argument', () => {
    const paths = ['call.model', 'args.ids', 'args.connection', 'agent.name'].map((name) => path(name));
    expect(argumentPaths(paths)).toEqual([path('args.ids')]);
  });

  it('is there or not', () => {
    const text = '{"values": {"phone": null}, "updates": [{"id": 3}]}';
    expect(holds(text, 'args.values.phone')).toBe(true);
    expect(holds(text, 'args.values.name')).toBe(false);
    expect(holds(text, 'args.updates.id')).toBe(true);
    expect(holds(text, 'args.toString')).toBe(false);
    expect(holds('{', 'args.ids')).toBe(false);
  });
});

it('lays JSON out with short lists on one line', () => {
  const value = {
    ids: [1, 2],
    domain: [
      ['is_company', '=', true],
      ['country_id.code', 'in', ['DE', 'AT', 'CH']],
    ],
    none: {},
  };
  const text = laidOut(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text.split('\n')).toEqual([
    '{',
    '  "ids": [1, 2],',
    '  "domain": [',
    '    ["is_company", "=", true],',
    '    ["country_id.code", "in", ["DE", "AT", "CH"]]',
    '  ],',
    '  "none": {}',
    '}',
  ]);
});

describe('an argument put in', () => {
  const put = (text: string, one: PolicyPath): unknown => JSON.parse(withArgument(text, one) ?? 'null');

  it('looks as it did in recent calls, else is empty of its kind', () => {
    expect(put('{}', path('args.ids', 'list', ['[14,10]', '[1]']))).toEqual({ ids: [14, 10] });
    expect(put('{}', path('args.ids', 'list', ['[14,1']))).toEqual({ ids: [] });
    expect(put('{}', path('args.ids', 'list', ['14']))).toEqual({ ids: [14] });
    expect(put('', path('args.model'))).toEqual({ model: '' });
    expect(put('{}', path('args.limit', 'number'))).toEqual({ limit: 0 });
    expect(put('{}', path('args.done', 'boolean'))).toEqual({ done: false });
    expect(put('{}', path('args.x', 'any'))).toEqual({ x: null });
  });

  it('goes where its path says and leaves the others', () => {
    expect(put('{"values": {"a": 1}}', path('args.values.b', 'number', ['2']))).toEqual({ values: { a: 1, b: 2 } });
    expect(put('{"model": "x"}', path('args.values.b', 'number', ['2']))).toEqual({ model: 'x', values: { b: 2 } });
    expect(put('{"updates": [{"id": 1}]}', path('args.updates.values', 'any', ['{}']))).toEqual({
      updates: [{ id: 1, values: {} }],
    });
  });

  it('destroys nothing that stands in its way', () => {
    expect(withArgument('{"values": 3}', path('args.values.b'))).toBeNull();
    expect(withArgument('{"values": [1, 2]}', path('args.values.b'))).toBeNull();
    expect(withArgument('{not json', path('args.ids'))).toBeNull();
    expect(withArgument('[]', path('args.ids'))).toBeNull();
  });

  it('treats __proto__ as a key like any other', () => {
    expect(withArgument('{}', path('args.__proto__.x', 'number'))).toBe('{\n  "__proto__": {\n    "x": 0\n  }\n}');
  });
});
