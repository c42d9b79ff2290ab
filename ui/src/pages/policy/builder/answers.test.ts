import { describe, expect, it } from 'vitest';
import type { ApprovalOutline } from '../../../lib/bindings/ApprovalOutline';
import type { LimitOutline } from '../../../lib/bindings/LimitOutline';
import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import type { RuleOutline } from '../../../lib/bindings/RuleOutline';
import type { ToolOutline } from '../../../lib/bindings/ToolOutline';
import { ANSWERS, isAlways, lookup, spareOf, stateOf, withAnswer, withHidden, type Answer } from './answers';
import { withListed, withoutTool, withRules } from './edits';

const condition = { path: 'call.records', op: 'gte', value: '10' };
const always: RuleOutline = { conditions: [], on_deny: 'Not here.' };
const sometimes: RuleOutline = { conditions: [condition], on_deny: null };
const askAlways: ApprovalOutline = { conditions: [], reason: 'It deletes.', timeout: '5m' };
const askSometimes: ApprovalOutline = { conditions: [condition], reason: null, timeout: null };
const limit: LimitOutline = { counter: 'c', window: 'minute', max: 30, increment_from: null };

const tool = (changes: Partial<ToolOutline> = {}): ToolOutline => ({
  name: 'odoo_write',
  require: [],
  deny_if: [],
  limits: [],
  require_approval: [],
  ...changes,
});
const policy = (changes: Partial<PolicyOutline> = {}): PolicyOutline => ({
  default: 'deny',
  hide: [],
  all_tools: [],
  tools: [],
  redact: [],
  pins: { environments: [], allowed_hosts: null },
  ...changes,
});
const state = (outline: PolicyOutline) => stateOf('odoo_write', lookup(outline));
const found = (outline: PolicyOutline) => outline.tools.find(({ name }) => name === 'odoo_write');

describe('the state of a tool', () => {
  it.each<[string, PolicyOutline, Answer, boolean, boolean]>([
    ['not listed, default deny', policy(), 'deny', false, false],
    ['not listed, default allow', policy({ default: 'allow' }), 'allow', false, false],
    ['not listed, a default that is none', policy({ default: 'maybe' }), 'deny', false, false],
    ['listed without rules', policy({ tools: [tool()] }), 'allow', true, false],
    ['listed with limits', policy({ tools: [tool({ limits: [limit] })] }), 'allow', true, false],
    ['asked always', policy({ tools: [tool({ require_approval: [askAlways] })] }), 'ask', true, false],
    ['asked sometimes', policy({ tools: [tool({ require_approval: [askSometimes] })] }), 'allow', true, true],
    [
      'asked sometimes and always',
      policy({ tools: [tool({ require_approval: [askSometimes, askAlways] })] }),
      'ask',
      true,
      false,
    ],
    ['denied always', policy({ tools: [tool({ deny_if: [always] })] }), 'deny', true, false],
    ['denied sometimes', policy({ tools: [tool({ deny_if: [sometimes] })] }), 'allow', true, true],
    [
      'denied always, asked always',
      policy({ tools: [tool({ deny_if: [always], require_approval: [askAlways] })] }),
      'deny',
      true,
      false,
    ],
    [
      'denied sometimes, asked always',
      policy({ tools: [tool({ deny_if: [sometimes], require_approval: [askAlways] })] }),
      'ask',
      true,
      true,
    ],
    ['a demand', policy({ tools: [tool({ require: [sometimes] })] }), 'allow', true, true],
    ['a demand that always holds', policy({ tools: [tool({ require: [always] })] }), 'allow', true, false],
    ['hidden by name', policy({ hide: ['odoo_write'], tools: [tool()] }), 'hide', true, false],
    ['hidden, not listed', policy({ hide: ['odoo_write'] }), 'hide', false, false],
    ['everything hidden', policy({ hide: ['*'], tools: [tool({ deny_if: [sometimes] })] }), 'hide', true, false],
  ])('%s', (_, outline, answer, listed, custom) => {
    expect(state(outline)).toEqual({ answer, listed, custom });
  });
});

/** Every mix of what a tool can have, hidden or not, listed or not, under either default. */
const policies: PolicyOutline[] = ['allow', 'deny'].flatMap((fallback) =>
  [[], ['odoo_write'], ['odoo_read', 'odoo_write']].flatMap((hide) => [
    policy({ default: fallback, hide }),
    ...subsets([always, sometimes]).flatMap((deny_if) =>
      subsets([always, sometimes]).flatMap((require) =>
        subsets([askAlways, askSometimes]).flatMap((require_approval) =>
          subsets([limit]).map((limits) =>
            policy({
              default: fallback,
              hide,
              all_tools: [limit],
              redact: ['hr.*'],
              tools: [
                { ...tool({ deny_if: [sometimes] }), name: 'aaa' },
                tool({ deny_if, require, require_approval, limits }),
                { ...tool({ require: [sometimes] }), name: 'zzz' },
              ],
            }),
          ),
        ),
      ),
    ),
  ]),
);

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((all, item) => [...all, ...all.map((some) => [...some, item])], [[]]);
}

const kept = (outline: PolicyOutline) => ({
  deny_if: found(outline)?.deny_if.filter((rule) => !isAlways(rule)) ?? [],
  require: found(outline)?.require ?? [],
  require_approval: found(outline)?.require_approval.filter((rule) => !isAlways(rule)) ?? [],
  limits: found(outline)?.limits ?? [],
});
const others = (outline: PolicyOutline) => ({
  ...outline,
  hide: outline.hide.filter((name) => name !== 'odoo_write'),
  tools: outline.tools.filter(({ name }) => name !== 'odoo_write'),
});

describe('another answer', () => {
  it('is the one that was chosen, and keeps limits, demands and every rule with conditions, and every other tool', () => {
    expect(policies.length).toBeGreaterThan(700);
    for (const before of policies) {
      const frozen = JSON.stringify(before);
      for (const answer of ANSWERS) {
        const after = withAnswer(before, 'odoo_write', answer);
        expect(state(after).answer).toBe(answer);
        expect(kept(after)).toEqual(kept(before));
        expect(others(after)).toEqual(others(before));
        expect(after.tools.map(({ name }) => name)).toEqual(after.tools.map(({ name }) => name).sort());
      }
      expect(JSON.stringify(before)).toBe(frozen);
    }
  });

  it('through any two others and back leaves the policy as one step would', () => {
    for (const before of policies) {
      for (const first of ANSWERS) {
        for (const second of ANSWERS) {
          const spare = spareOf(found(before), undefined);
          const between = withAnswer(before, 'odoo_write', first, spare);
          const after = withAnswer(between, 'odoo_write', second, spareOf(found(between), spare));
          expect(state(after).answer).toBe(second);
          expect(kept(after)).toEqual(kept(before));
        }
      }
    }
  });

  it('brings back the texts that it had', () => {
    for (const [answer, rules] of [
      ['deny', { deny_if: [sometimes, always] }],
      ['ask', { require_approval: [askSometimes, askAlways] }],
    ] as const) {
      const before = policy({ tools: [tool(rules as unknown as Partial<ToolOutline>)] });
      const spare = spareOf(found(before), undefined);
      const allowed = withAnswer(before, 'odoo_write', 'allow', spare);
      expect(JSON.stringify(allowed)).not.toContain(answer === 'deny' ? 'Not here.' : 'It deletes.');
      expect(withAnswer(allowed, 'odoo_write', answer, spareOf(found(allowed), spare))).toEqual(before);
    }
  });

  it('that a tool has already changes nothing, and lists nothing that need not be', () => {
    for (const before of policies) {
      const { answer } = state(before);
      expect(withAnswer(before, 'odoo_write', answer)).toEqual(answer === 'deny' ? withoutAsking(before) : before);
    }
  });

  it('hides no name twice, and shows a name that is hidden twice', () => {
    const twice = policy({ hide: ['odoo_write', 'odoo_write'] });
    expect(withAnswer(twice, 'odoo_write', 'hide').hide).toEqual(twice.hide);
    expect(withAnswer(twice, 'odoo_write', 'allow').hide).toEqual([]);
  });

  it('takes names that an object has of itself', () => {
    const after = withAnswer(policy(), 'constructor', 'ask');
    expect(stateOf('constructor', lookup(after)).answer).toBe('ask');
    expect(stateOf('__proto__', lookup(after)).answer).toBe('deny');
  });
});

/** Choosing to deny takes the question away, which no call would reach. */
function withoutAsking(outline: PolicyOutline): PolicyOutline {
  const listed = found(outline);
  if (listed === undefined) return outline;
  return withListed(outline, { ...listed, require_approval: listed.require_approval.filter((rule) => !isAlways(rule)) });
}

describe('hiding every tool', () => {
  it('stands alone in the list, and gives way to the names before', () => {
    const before = policy({ hide: ['a', 'b'] });
    const all = withHidden(before, true, []);
    expect(all.hide).toEqual(['*']);
    expect(withHidden(all, false, before.hide)).toEqual(before);
  });
});

describe('a tool that is not listed', () => {
  it('keeps its answer when rules are added to it', () => {
    for (const fallback of ['allow', 'deny', 'maybe']) {
      const before = policy({ default: fallback });
      for (const changed of [{ limits: [limit] }, { deny_if: [sometimes] }, { require_approval: [askSometimes] }]) {
        const after = withRules(before, 'odoo_write', changed);
        expect(state(after).answer).toBe(state(before).answer);
        expect(kept(after)).toEqual({ ...kept(before), ...changed });
      }
    }
  });

  it('goes by the default once it is taken out', () => {
    for (const before of policies) {
      const after = withoutTool(before, 'odoo_write');
      expect(state(after)).toEqual({ answer: before.default, listed: false, custom: false });
      expect(others(after)).toEqual(others(before));
    }
  });
});
