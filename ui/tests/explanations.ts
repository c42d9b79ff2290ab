import type { ConditionSeen } from '../src/lib/bindings/ConditionSeen';
import type { CounterSeen } from '../src/lib/bindings/CounterSeen';
import type { Decision } from '../src/lib/bindings/Decision';
import type { DecisionTree } from '../src/lib/bindings/DecisionTree';
import type { LayerExplanation } from '../src/lib/bindings/LayerExplanation';
import type { RecordedCall } from '../src/lib/bindings/RecordedCall';
import type { ReplayChange } from '../src/lib/bindings/ReplayChange';
import type { ReplayKind } from '../src/lib/bindings/ReplayKind';
import type { ReplayReport } from '../src/lib/bindings/ReplayReport';
import type { Step } from '../src/lib/bindings/Step';

/** Explanations and replays put together for tests. */

export const CONNECTION = 'connection:con_00000000000000000001';

export const allow: Decision = { kind: 'allow' };
export const ask = (rule: string, reason = 'Writes need a person.'): Decision => ({ kind: 'ask', rule, reason });
export const deny = (rule: string, message = 'Denied by policy.'): Decision => ({
  kind: 'deny',
  rule,
  message,
  retry: { kind: 'when_changed' },
});

export const step = (kind: Step['kind'], rule: string, changes: Partial<Step> = {}): Step => ({
  kind,
  rule,
  outcome: 'passed',
  words: null,
  conditions: [],
  counter: null,
  ...changes,
});

export const condition = (changes: Partial<ConditionSeen> = {}): ConditionSeen => ({
  path: 'call.records',
  op: 'gte',
  value: '10',
  saw: ['14'],
  outcome: 'holds',
  ...changes,
});

export const counter = (changes: Partial<CounterSeen> = {}): CounterSeen => ({
  counter: 'writes',
  window: 'minute',
  max: 30,
  before: 11,
  amount: 1,
  after: 12,
  resets_in: 41,
  ...changes,
});

export const layer = (name: string, decision: Decision, steps: Step[]): LayerExplanation => ({
  layer: name,
  decision,
  steps,
});

export const tree = (
  decision: Decision,
  layers: LayerExplanation[],
  changes: Partial<DecisionTree> = {},
): DecisionTree => ({
  decision,
  guard: null,
  readings: [{ tool: 'odoo_write', model: 'res.partner', decision, layers }],
  standing: null,
  ...changes,
});

const ASK_RULE = `${CONNECTION}:/tools/odoo_write/require_approval/0`;

/** A write that a connection's policy asks about; another layer lets it pass. */
export const askedTree = (): DecisionTree =>
  tree(ask(ASK_RULE), [
    layer('user', allow, [step('hide', '(hidden)'), step('limit', 'user:/all_tools/limits/0', { counter: counter() })]),
    layer(CONNECTION, ask(ASK_RULE), [
      step('deny_if', `${CONNECTION}:/tools/odoo_write/deny_if/0`, {
        conditions: [
          condition({ path: 'args.values.iban', op: 'exists', value: 'true', saw: ['missing'], outcome: 'fails' }),
        ],
      }),
      step('require_approval', ASK_RULE, {
        outcome: 'asked',
        words: 'Writes need a person.',
        conditions: [condition()],
      }),
    ]),
  ]);

export const recorded = (seq: number, changes: Partial<RecordedCall> = {}): RecordedCall => ({
  seq,
  at: 1_700_000_000_000 + seq * 1000,
  agent: 'claude-code',
  connection: 'con_00000000000000000001',
  connection_name: 'Acme production',
  tool: 'odoo_write',
  model: 'res.partner',
  records: 2,
  decision: 'allow',
  ...changes,
});

export const change = (
  seq: number,
  from: ReplayKind,
  to: ReplayKind,
  call: Partial<RecordedCall> = {},
): ReplayChange => ({
  call: recorded(seq, call),
  from: { kind: from, rule: from === 'allow' ? '' : `user:/tools/odoo_write/${from}/0` },
  to: { kind: to, rule: to === 'allow' ? '' : `user:/tools/odoo_write/${to}/1` },
});

export const report = (changes: ReplayChange[], before: Partial<ReplayReport['before']> = {}): ReplayReport => {
  const was = { allow: 900, ask: 60, deny: 30, limited: 10, ...before };
  const after = { ...was };
  for (const { from, to } of changes) {
    after[from.kind] -= 1;
    after[to.kind] += 1;
  }
  const calls = was.allow + was.ask + was.deny + was.limited;
  return { calls, since: 1_700_000_000_000, skipped: 0, changes, before: was, after };
};
