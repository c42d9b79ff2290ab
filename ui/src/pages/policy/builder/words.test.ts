import { describe, expect, it } from 'vitest';
import { emptyTool } from './edits';
import { conditionWords, inALine, limitWords, ruleWords, subject, summaryOf, valueWords } from './words';

const condition = (path: string, op: string, value: string) => ({ path, op, value });

describe('conditions in words', () => {
  it.each([
    [condition('args.values.state', 'exists', 'true'), 'values.state is given'],
    [condition('args.values.state', 'exists', 'false'), 'values.state is left out'],
    [condition('call.model', 'eq', '"hr.employee"'), 'the model is “hr.employee”'],
    [condition('call.sensitive', 'eq', 'true'), 'it reads sensitive data'],
    [condition('call.sensitive', 'eq', '"true"'), 'the mark for sensitive data is “true”'],
    [condition('call.records', 'lt', '9007199254740993'), 'the number of records is less than 9007199254740993'],
    [condition('call.effects', 'in', '["mail", "posting"]'), 'the effect is one of “mail”, “posting”'],
    [condition('toString', 'valueOf', '1'), 'toString valueOf 1'],
    [condition('', 'eq', '""'), '…'],
  ])('%o', (outline, words) => {
    expect(conditionWords(outline)).toBe(words);
  });

  it('spell out a few items of a list', () => {
    expect(valueWords('["a", "b", "c", "d", 5]')).toBe('“a”, “b”, “c”, 2 more');
    expect(valueWords('{"a": 1}')).toBe('{"a": 1}');
    expect(subject('args.a\\.b')).toBe('a\\.b');
  });
});

describe('a tool in a line', () => {
  const tool = {
    ...emptyTool('odoo_write'),
    deny_if: [{ conditions: [condition('args.values.state', 'exists', 'true')], on_deny: null }],
    require: [{ conditions: [], on_deny: null }],
    require_approval: [
      { conditions: [condition('call.records', 'gte', '10')], reason: null, timeout: null },
      { conditions: [], reason: null, timeout: null },
    ],
    limits: [{ counter: 'c', window: 'minute', max: 30, increment_from: null }],
  };

  it('says what its rules with conditions and its limits come to', () => {
    expect(summaryOf(tool, 'allow')).toEqual({
      live: ['denied when values.state is given', 'asks from 10 records', '30 calls a minute'],
      kept: [],
    });
  });

  it('tells apart what waits for another answer', () => {
    expect(summaryOf(tool, 'ask')).toEqual({
      live: ['denied when values.state is given', '30 calls a minute'],
      kept: ['asks from 10 records'],
    });
    for (const answer of ['deny', 'hide'] as const) {
      expect(summaryOf(tool, answer)).toEqual({ live: [], kept: summaryOf(tool, 'allow').live });
    }
    expect(summaryOf(undefined, 'deny')).toEqual({ live: [], kept: [] });
  });

  it('stops after some, and says how many more', () => {
    expect(inALine(['a', 'b'])).toBe('a; b');
    expect(inALine(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])).toBe('a; b; c; d; e; f; 2 more');
  });

  it('joins conditions, and names what is counted', () => {
    const both = [condition('call.model', 'neq', '"a"'), condition('call.records', 'gte', '10')];
    expect(ruleWords('require', both)).toBe('only when the model is not “a” and the number of records is at least 10');
    expect(ruleWords('deny_if', [])).toBe('denies every call');
    const limit = { counter: 'c', window: 'hour', max: 1, increment_from: 'call.rows' };
    expect(limitWords(limit)).toBe('1 row an hour');
    expect(limitWords({ ...limit, max: 20000, window: 'day' })).toBe('20,000 rows a day');
    expect(limitWords({ ...limit, max: 5, increment_from: 'args.limit' })).toBe('5 of limit in sum an hour');
    expect(limitWords({ ...limit, increment_from: 'constructor' })).toBe('1 of constructor in sum an hour');
  });
});
