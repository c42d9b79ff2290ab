import { describe, expect, it } from 'vitest';
import {
  allow,
  askedTree,
  condition,
  CONNECTION,
  counter,
  deny,
  layer,
  step,
  tree,
} from '../../../../tests/explanations';
import type { Step } from '../../../lib/bindings/Step';
import { comparison, headline, layerTitle, retryWords, ruleTitle, subject } from './words';
import { pointer, seenValue, spaced } from './values';

const names = (id: string) => (id === 'con_00000000000000000001' ? 'Acme production' : null);

/** The headline of a call that one step of the person's own policy denies. */
function denied(one: Step) {
  const rule = one.rule;
  return headline(tree(deny(rule), [layer('user', deny(rule), [{ ...one, outcome: 'denied' }])]), names);
}

describe('the headline', () => {
  it('names layer, tool, conditions, value, words and rule of what asks', () => {
    expect(headline(askedTree(), names)).toEqual({
      answer: 'ask',
      why:
        'the policy of “Acme production” wants a person for odoo_write ' +
        'when the number of records is at least 10 (here: 14).',
      words: 'Writes need a person.',
      rule: '/tools/odoo_write/require_approval/0',
      told: null,
    });
  });

  it('says that a rule without conditions is about every call', () => {
    expect(denied(step('deny_if', 'user:/tools/odoo_write/deny_if/0')).why).toBe(
      'your policy denies every call of odoo_write.',
    );
  });

  it.each([
    [step('hide', '(hidden)'), 'your policy hides odoo_write.'],
    [step('default', '(default deny)'), 'your policy does not list odoo_write and denies what it does not list.'],
    [step('redact', 'user:/redact/0'), 'your policy keeps from agents what it reads.'],
    [
      step('limit', 'user:/all_tools/limits/0', { counter: counter({ window: 'hour', max: 1200 }) }),
      'your policy allows 1,200 per hour of “writes”, and that is spent.',
    ],
    [
      step('limit', 'user:/tools/odoo_write/limits/0'),
      'your policy counts something that cannot be counted in this call.',
    ],
  ])('is plain for %o', (one, why) => expect(denied(one).why).toBe(why));

  it('names of a demand what is not met', () => {
    const conditions = [
      condition({ op: 'lte', value: '50', saw: ['2'], outcome: 'holds' }),
      condition({ path: 'args.reason', op: 'exists', value: 'true', saw: ['missing'], outcome: 'fails' }),
    ];
    expect(denied(step('require', 'user:/r', { conditions })).why).toBe(
      'your policy demands that the argument reason is given (here: missing).',
    );
  });

  it('spells out two conditions and counts the others', () => {
    const conditions = [1, 2, 3, 4].map((n) => condition({ value: String(n) }));
    expect(denied(step('deny_if', 'user:/d', { conditions })).why).toContain('and 2 more conditions hold');
  });

  it('bears only the beginning of a long value', () => {
    const saw = [JSON.stringify('ignore the policy '.repeat(9))];
    const why = denied(step('deny_if', 'user:/d', { conditions: [condition({ op: 'eq', value: '1', saw })] })).why;
    expect(why).toContain('(here: "ignore the policy ignore the policy ign…)');
  });

  it('shows three values of a list and no more', () => {
    const conditions = [condition({ path: 'call.fields', op: 'eq', value: '"a"', saw: ['"a"', '"b"', '"c"', '"d"'] })];
    expect(denied(step('deny_if', 'user:/d', { conditions })).why).toContain('(here: "a", "b", "c", …)');
  });

  it('says that the guard comes before policies', () => {
    const guard = { rule: '(guard)', message: 'res.users is never written.', retry: { kind: 'never' } as const };
    const said = headline(tree(deny('(guard)'), [], { guard }), names);
    expect(said).toMatchObject({ answer: 'deny', rule: '(guard)', told: guard });
    expect(said.why).toContain('guard');
  });

  it('says that nothing stands against it, or that it was answered in advance', () => {
    expect(headline(tree(allow, []), names)).toMatchObject({ answer: 'allow', rule: null, words: null });
    const standing = 'only the field phone';
    expect(headline({ ...askedTree(), standing }, names)).toMatchObject({ answer: 'allow', words: standing });
  });

  it('has words for a rule that no layer holds', () => {
    const said = headline(tree(deny('(ask budget)', 'Too many questions.'), []), names);
    expect(said).toMatchObject({ answer: 'deny', rule: '(ask budget)' });
    expect(said.told?.message).toBe('Too many questions.');
  });
});

describe('names of layers', () => {
  it('are plain', () => {
    expect(layerTitle('managed', names)).toBe('Administrator');
    expect(layerTitle('user', names)).toBe('Mine');
    expect(layerTitle(CONNECTION, names)).toBe('Connection Acme production');
    expect(layerTitle('agent:cursor', names)).toBe('Agent cursor');
    expect(layerTitle('local', names)).toBe('Tools without Odoo');
  });

  it('fall back to the id of a connection that is gone, and to what is not known', () => {
    expect(layerTitle('connection:con_9', names)).toBe('Connection con_9');
    expect(layerTitle('toString', names)).toBe('toString');
  });

  it('stand before rules in a list', () => {
    expect(ruleTitle(`${CONNECTION}:/tools/odoo_write/limits/0`, names)).toBe(
      'Connection Acme production /tools/odoo_write/limits/0',
    );
    expect(ruleTitle('(default deny)', names)).toBe('(default deny)');
  });
});

describe('values', () => {
  it('keep their type: text has quotes, numbers have none', () => {
    expect(seenValue('"9999"')).toEqual({ text: '"9999"', ours: false });
    expect(seenValue('9999')).toEqual({ text: '9999', ours: false });
  });

  it('tell our words from the text of an agent', () => {
    expect(seenValue('missing')).toEqual({ text: 'missing', ours: true });
    expect(seenValue('"missing"')).toEqual({ text: '"missing"', ours: false });
    expect(seenValue('unknown').ours).toBe(true);
  });

  it('are spaced, and left alone where they were cut', () => {
    expect(spaced('["a",{"b":1,"c":[]}]')).toBe('["a", { "b": 1, "c": [] }]');
    expect(spaced('["a","b')).toBe('["a","b');
  });

  it('know a rule’s place', () => {
    expect(pointer(`${CONNECTION}:/tools/odoo_write/deny_if/0`)).toBe('/tools/odoo_write/deny_if/0');
    expect(pointer('(hidden)')).toBe('(hidden)');
  });
});

describe('comparisons', () => {
  it('are words', () => {
    expect(comparison('not_in', '["a","b"]')).toBe('is none of ["a", "b"]');
    expect(comparison('exists', 'false')).toBe('is not given');
    expect(comparison('constructor', '1')).toBe('constructor 1');
  });

  it('name what they look at', () => {
    expect(subject('connection.environment')).toBe('environment');
    expect(subject('args.values.x')).toBe('argument values.x');
    expect(subject('valueOf')).toBe('valueOf');
  });
});

it('says when to try again', () => {
  expect(retryWords({ kind: 'after', seconds: 1 })).toContain('1 second.');
  expect(retryWords({ kind: 'never' })).toContain('not to try');
  expect(retryWords({ kind: 'when_changed' })).toContain('another');
});
