import { describe, expect, it } from 'vitest';
import { allow, ask, askedTree, CONNECTION, counter, deny, layer, step, tree } from '../../../../tests/explanations';
import { answerOf, decisive, direction } from './answer';

describe('a change of answer', () => {
  it.each([
    ['deny', 'allow', 'loosened'],
    ['deny', 'limited', 'loosened'],
    ['limited', 'ask', 'loosened'],
    ['ask', 'allow', 'loosened'],
    ['allow', 'ask', 'tightened'],
    ['ask', 'limited', 'tightened'],
    ['limited', 'deny', 'tightened'],
    ['deny', 'deny', 'same'],
  ] as const)('from %s to %s is %s', (from, to, way) => expect(direction(from, to)).toBe(way));
});

describe('what decides', () => {
  it('is the step whose rule the decision names', () => {
    const path = decisive(askedTree());
    expect(path?.layer?.layer).toBe(CONNECTION);
    expect(path?.step?.kind).toBe('require_approval');
  });

  it('is in the first of several layers that say the same', () => {
    const twice = [
      layer('managed', deny('(default deny)'), [step('default', '(default deny)', { outcome: 'denied' })]),
      layer('user', deny('(default deny)'), [step('default', '(default deny)', { outcome: 'denied' })]),
    ];
    expect(decisive(tree(deny('(default deny)'), twice))?.layer?.layer).toBe('managed');
  });

  it('is not a layer that asks where another denies', () => {
    const layers = [
      layer('user', ask('user:/a'), [step('require_approval', 'user:/a', { outcome: 'asked' })]),
      layer('agent:x', deny('agent:x:/b'), [step('deny_if', 'agent:x:/b', { outcome: 'denied' })]),
    ];
    expect(decisive(tree(deny('agent:x:/b'), layers))?.step?.rule).toBe('agent:x:/b');
  });

  it('is the reading that denies, of several', () => {
    const readings = [
      { tool: 'odoo_write', model: 'sale.order', decision: allow, layers: [layer('user', allow, [])] },
      {
        tool: 'odoo_unlink',
        model: 'sale.order.line',
        decision: deny('user:/hide'),
        layers: [layer('user', deny('user:/hide'), [step('hide', 'user:/hide', { outcome: 'denied' })])],
      },
    ];
    const path = decisive({ decision: deny('user:/hide'), guard: null, readings, standing: null });
    expect(path?.reading.tool).toBe('odoo_unlink');
    expect(path?.step?.kind).toBe('hide');
  });

  it('is nothing in the layers when the call is allowed, or the guard stops it', () => {
    expect(decisive(tree(allow, [layer('user', allow, [])]))).toBeNull();
    const { decision: _, ...guarded } = tree(deny('(guard)'), []);
    const guard = { rule: '(guard)', message: 'Never written.', retry: { kind: 'never' } as const };
    expect(decisive({ ...guarded, decision: deny('(guard)'), guard })).toBeNull();
  });

  it('may be outside of every layer', () => {
    const path = decisive(tree(deny('(ask budget)'), [layer('user', ask('user:/a'), [])]));
    expect(path?.layer).toBeNull();
    expect(path?.step).toBeNull();
  });
});

describe('the answer', () => {
  it('tells a full limit from a denial', () => {
    const rule = 'user:/all_tools/limits/0';
    const limit = (changes: object) => step('limit', rule, { outcome: 'denied', ...changes });
    const full = tree(deny(rule), [layer('user', deny(rule), [limit({ counter: counter({ before: 30 }) })])]);
    expect(answerOf(full)).toBe('limited');
    expect(answerOf(tree(deny(rule), [layer('user', deny(rule), [limit({ counter: null })])]))).toBe('deny');
    expect(answerOf(tree(deny('(hidden)'), []))).toBe('deny');
  });

  it('is yes where a standing approval answers the question, and no where a rule denies', () => {
    expect(answerOf({ ...askedTree(), standing: 'only the field phone' })).toBe('allow');
    expect(answerOf({ ...tree(deny('(hidden)'), []), standing: 'only the field phone' })).toBe('deny');
    expect(answerOf(askedTree())).toBe('ask');
  });
});
