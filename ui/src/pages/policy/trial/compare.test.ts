import { describe, expect, it } from 'vitest';
import {
  allow,
  ask,
  askedTree,
  condition,
  CONNECTION,
  counter,
  deny,
  layer,
  step,
  tree,
} from '../../../../tests/explanations';
import type { DecisionTree } from '../../../lib/bindings/DecisionTree';
import type { Step } from '../../../lib/bindings/Step';
import { branches } from './branches';
import { alone, compared, type Compared } from './compare';

const names = () => 'Acme production';
const drawn = (one: DecisionTree) => alone(branches(one, names));
const both = (before: DecisionTree, after: DecisionTree) => compared(branches(before, names), branches(after, names));

/** A user's layer of these steps, that allows. */
const passing = (...steps: Step[]) => tree(allow, [layer('user', allow, steps)]);
const stepsOf = (parts: Compared[]) => parts.find(({ branch }) => branch.kind === 'layer')?.children ?? [];
const marks = (parts: readonly Compared[]) => parts.map(({ mark, branch }) => `${mark} ${branch.rule}`);

describe('one explanation', () => {
  it('is guard and layers, with the deciding path marked', () => {
    const parts = drawn(askedTree());
    expect(parts.map(({ branch }) => branch.title)).toEqual(['Guard', 'Mine', 'Connection Acme production']);
    expect(parts.map(({ decides }) => decides)).toEqual([false, false, true]);
    expect(parts[2]?.children.map(({ decides }) => decides)).toEqual([false, true]);
    expect(parts.every(({ differs }) => !differs)).toBe(true);
  });

  it('has readings above the layers only where there are several', () => {
    const one = askedTree();
    const [write] = one.readings;
    if (write === undefined) throw new Error('no reading');
    const unlink = { ...write, tool: 'odoo_unlink', model: 'res.partner.bank' };
    const parts = drawn({ ...one, readings: [write, unlink] });
    expect(parts.map(({ branch }) => branch.title)).toEqual([
      'Guard',
      'As odoo_write on res.partner',
      'As odoo_unlink on res.partner.bank',
    ]);
    expect(parts[1]?.children).toHaveLength(2);
  });

  it('marks guard and standing approval where they decide', () => {
    const guard = { rule: '(guard)', message: 'never', retry: { kind: 'never' } as const };
    expect(drawn(tree(deny('(guard)'), [], { guard }))[0]?.decides).toBe(true);
    const [last] = drawn({ ...askedTree(), standing: 'phone only' }).slice(-1);
    expect(last).toMatchObject({ decides: true, branch: { kind: 'standing', words: 'phone only' } });
  });

  it('gives unlike keys to rules that say the same', () => {
    const steps = stepsOf(drawn(passing(step('deny_if', 'user:/d/0'), step('deny_if', 'user:/d/1'))));
    expect(new Set(steps.map(({ key }) => key)).size).toBe(2);
  });

  it('has one line for the kept fields that are not read, and one for each that is', () => {
    const steps = [0, 1, 2].map((n) => step('redact', `user:/redact/${n}`));
    expect(stepsOf(drawn(passing(...steps)))).toHaveLength(1);
    const rule = 'user:/redact/2';
    const denied = [...steps.slice(0, 2), step('redact', rule, { outcome: 'denied', words: 'vat is kept.' })];
    const parts = drawn(tree(deny(rule), [layer('user', deny(rule), denied)]));
    expect(stepsOf(parts).map(({ decides }) => decides)).toEqual([false, true]);
    const fewer = both(passing(...steps), passing(...steps.slice(0, 1)));
    expect(fewer.some(({ differs }) => differs)).toBe(false);
  });

  it('tells a limit that cannot be counted from one that is spent', () => {
    const rule = 'user:/limits/0';
    const uncounted = step('limit', rule, { outcome: 'denied', words: 'how many records cannot be told' });
    const part = drawn(tree(deny(rule), [layer('user', deny(rule), [uncounted])]))[1];
    expect(part?.branch.outcome.answer).toBe('deny');
    expect(part?.children[0]?.branch.outcome.words).toBe('Cannot be counted: denies');
  });

  it('shows a full limit as a limit on the layer too', () => {
    const rule = 'user:/limits/0';
    const full = step('limit', rule, { outcome: 'denied', counter: counter({ before: 30, after: 30 }) });
    expect(drawn(tree(deny(rule), [layer('user', deny(rule), [full])]))[1]?.branch.outcome.answer).toBe('limited');
  });
});

describe('two explanations', () => {
  it('that are alike have no marks', () => {
    expect(both(askedTree(), askedTree()).some(({ differs }) => differs)).toBe(false);
  });

  it('show a rule that was added, and leave those behind it alone', () => {
    const old = [
      step('deny_if', 'user:/d/0', { conditions: [condition({ value: '1' })] }),
      step('deny_if', 'user:/d/1', { conditions: [condition({ value: '2' })] }),
    ];
    const now = [
      step('deny_if', 'user:/d/0', { conditions: [condition({ value: '0' })] }),
      step('deny_if', 'user:/d/1', { conditions: [condition({ value: '1' })] }),
      step('deny_if', 'user:/d/2', { conditions: [condition({ value: '2' })] }),
    ];
    const parts = both(passing(...old), passing(...now));
    expect(marks(stepsOf(parts))).toEqual(['after user:/d/0', 'same user:/d/1', 'same user:/d/2'].map(short));
    expect(parts.find(({ branch }) => branch.kind === 'layer')?.differs).toBe(true);
  });

  it('show a rule that is gone', () => {
    const hide = step('hide', '(hidden)');
    const parts = both(passing(step('deny_if', 'user:/d/0'), hide), passing(hide));
    expect(marks(stepsOf(parts))).toEqual(['before /d/0', 'same (hidden)']);
  });

  it('show a rule that was edited once, with what it was', () => {
    const rule = 'user:/tools/odoo_write/deny_if/0';
    const parts = both(
      passing(step('deny_if', rule, { conditions: [condition({ value: '10' })] })),
      passing(step('deny_if', rule, { conditions: [condition({ value: '5' })] })),
    );
    const [only, ...others] = stepsOf(parts);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ mark: 'changed', branch: { conditions: [{ value: '5' }] } });
    expect(only?.was?.conditions[0]?.value).toBe('10');
  });

  it('show that the same rule came to another end', () => {
    const rule = `${CONNECTION}:/tools/odoo_write/limits/0`;
    const before = step('limit', rule, { counter: counter() });
    const after = step('limit', rule, { counter: counter({ before: 30, after: 30 }), outcome: 'denied' });
    const parts = both(
      tree(allow, [layer(CONNECTION, allow, [before])]),
      tree(deny(rule), [layer(CONNECTION, deny(rule), [after])]),
    );
    const part = parts.find(({ branch }) => branch.kind === 'layer');
    expect(part).toMatchObject({ mark: 'changed', decides: true });
    expect(part?.was?.outcome.answer).toBe('allow');
    expect(part?.children[0]).toMatchObject({ mark: 'changed', was: { outcome: { words: 'Has room' } } });
  });

  it('show a layer that only the draft has, with everything in it', () => {
    const after = tree(ask('user:/a/0'), [
      layer('user', ask('user:/a/0'), [step('require_approval', 'user:/a/0', { outcome: 'asked' })]),
    ]);
    const part = both(tree(allow, []), after).find(({ branch }) => branch.kind === 'layer');
    expect(part?.mark).toBe('after');
    expect(part?.children.map(({ mark }) => mark)).toEqual(['after']);
  });
});

const short = (mark: string) => mark.replace('user:', '');
