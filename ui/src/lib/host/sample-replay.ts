import type { ConditionSeen } from '../bindings/ConditionSeen';
import type { CounterSeen } from '../bindings/CounterSeen';
import type { Decision } from '../bindings/Decision';
import type { DecisionTree } from '../bindings/DecisionTree';
import type { CallFacts } from '../bindings/CallFacts';
import type { RecordedCall } from '../bindings/RecordedCall';
import type { ReplayAnswer } from '../bindings/ReplayAnswer';
import type { ReplayChange } from '../bindings/ReplayChange';
import type { ReplayKind } from '../bindings/ReplayKind';
import type { ReplayReport } from '../bindings/ReplayReport';
import type { ReplayTally } from '../bindings/ReplayTally';
import type { Step } from '../bindings/Step';
import type { TryCall } from '../bindings/TryCall';
import { MINUTE, sampleId } from './sample';
import { sampleTools } from './sample-policy';

/** Invented calls and explanations for trying and replaying policies. */

const MIX: [tool: string, model: string | null, records: number | null][] = [
  ['odoo_search_read', 'res.partner', 80],
  ['odoo_search_read', 'sale.order', 20],
  ['odoo_read', 'sale.order', 3],
  ['odoo_read_group', 'account.move.line', null],
  ['odoo_search_read', 'hr.employee', 12],
  ['odoo_write', 'res.partner', 2],
  ['odoo_fields_get', 'crm.lead', null],
  ['odoo_write', 'account.move', 4],
  ['odoo_create', 'crm.lead', 1],
  ['odoo_execute', 'sale.order', 1],
  ['odoo_search_count', 'product.template', null],
  ['odoo_unlink', 'crm.lead', 120],
];

/** The answers of the sample's policies to a tool. */
const ANSWERED: Record<string, ReplayKind> = {
  odoo_write: 'ask',
  odoo_create: 'ask',
  odoo_execute: 'ask',
  odoo_unlink: 'ask',
};

export const sampleCalls = (now: number, count = 1_000): RecordedCall[] =>
  Array.from({ length: count }, (_, index) => {
    const [tool, model, records] = MIX[(index * 7) % MIX.length] ?? ['odoo_read', null, null];
    const staging = index % 5 === 0;
    return {
      seq: 4_200 - index * 2,
      at: now - index * 3.4 * MINUTE,
      agent: index % 9 === 0 ? 'claude-desktop' : 'claude-code',
      connection: sampleId('con', staging ? 2 : 1),
      connection_name: staging ? 'Acme staging' : 'Acme production',
      tool,
      model,
      records,
      decision: ANSWERED[tool] ?? 'allow',
    };
  });

export function sampleTryCall({ agent, connection, tool, model, records }: RecordedCall): TryCall {
  const ids = Array.from({ length: Math.min(records ?? 0, 5) }, (_, index) => 10 + index * 4);
  const given: Record<string, unknown> = {
    ...(model === null ? {} : { model }),
    ...(['odoo_write', 'odoo_read', 'odoo_unlink'].includes(tool) ? { ids } : {}),
    ...(tool === 'odoo_search_read'
      ? { domain: [['is_company', '=', true]], fields: ['name', 'phone'], limit: records }
      : {}),
    ...(['odoo_write', 'odoo_create'].includes(tool)
      ? { values: { phone: '+49 30 901820', credit_limit: 20000 } }
      : {}),
    ...(tool === 'odoo_execute' ? { method: 'action_confirm', ids } : {}),
  };
  return { agent, connection, tool, arguments: JSON.stringify(given, null, 2) };
}

export function sampleFacts(call: TryCall): CallFacts {
  const given = JSON.parse(call.arguments) as Record<string, unknown>;
  const tool = sampleTools().find(({ name }) => name === call.tool);
  const model = typeof given['model'] === 'string' ? given['model'] : null;
  const ids = Array.isArray(given['ids']) ? given['ids'].filter((id) => typeof id === 'number') : [];
  const values = typeof given['values'] === 'object' && given['values'] !== null ? given['values'] : {};
  const writes = call.tool === 'odoo_write';
  return {
    tool: call.tool,
    risk: { category: tool?.category ?? 'execute', severity: tool?.severity ?? 'high' },
    model,
    method: writes ? 'write' : 'search_read',
    ids,
    records: ids.length > 0 ? ids.length : null,
    fields: Object.keys(values).sort(),
    reads: model === null ? [] : ['name', 'phone'].map((field) => ({ model, field })),
    commands: writes ? [{ model: 'res.partner.bank', command: 'update', fields: ['acc_number'] }] : [],
    effects: writes ? ['mail_possible'] : [],
    sensitive: model?.startsWith('hr.') ?? false,
  };
}

const allow: Decision = { kind: 'allow' };
const ask = (rule: string, reason: string): Decision => ({ kind: 'ask', rule, reason });
const deny = (rule: string, message: string, seconds?: number): Decision => ({
  kind: 'deny',
  rule,
  message,
  retry: seconds === undefined ? { kind: 'never' } : { kind: 'after', seconds },
});

const step = (changes: Pick<Step, 'kind' | 'rule'> & Partial<Step>): Step => ({
  outcome: 'passed',
  words: null,
  conditions: [],
  counter: null,
  ...changes,
});

const condition = (
  path: string,
  op: string,
  value: string,
  saw: string[],
  outcome: ConditionSeen['outcome'],
): ConditionSeen => ({ path, op, value, saw, outcome });

const counter = (name: string, window: string, max: number, before: number, amount = 1): CounterSeen => ({
  counter: name,
  window,
  max,
  before,
  amount,
  after: before + amount > max ? before : before + amount,
  resets_in: window === 'minute' ? 41 : 30_400,
});

/** Why a call is answered with `kind`, through all layers. */
export function sampleTree(call: TryCall, kind: ReplayKind): DecisionTree {
  const { tool, connection } = call;
  const facts = sampleFacts(call);
  const at = `/tools/${tool}`;
  const layers: [name: string, decision: Decision, steps: Step[]][] = [];
  layers.push([
    'managed',
    allow,
    [step({ kind: 'hide', rule: '(hidden)' }), step({ kind: 'default', rule: '(default allow)' })],
  ]);

  const denial = deny(`user:${at}/deny_if/0`, 'The books of production are closed to agents. Ask Ada.');
  const limited = deny(`user:${at}/limits/0`, 'The limit of 30 calls a minute is reached.', 41);
  layers.push([
    'user',
    kind === 'deny' ? denial : kind === 'limited' ? limited : allow,
    [
      step({ kind: 'hide', rule: '(hidden)' }),
      step({ kind: 'redact', rule: 'user:/redact/0' }),
      step({
        kind: 'deny_if',
        rule: `user:${at}/deny_if/0`,
        outcome: kind === 'deny' ? 'denied' : 'passed',
        words: 'The books of production are closed to agents. Ask Ada.',
        conditions: [
          condition(
            'call.model',
            'in',
            '["account.move", "account.payment"]',
            [JSON.stringify(facts.model)],
            kind === 'deny' ? 'holds' : 'fails',
          ),
          condition('connection.environment', 'eq', '"production"', ['"production"'], 'holds'),
          ...(kind === 'deny' ? [condition('args.values.amount', 'gt', '1000', ['"9999"'], 'doubt')] : []),
        ],
      }),
      ...(kind === 'deny'
        ? []
        : [
            step({
              kind: 'require',
              rule: `user:${at}/require/0`,
              words: 'Change at most 50 records at a time.',
              conditions: [condition('call.records', 'lte', '50', [String(facts.records ?? 'unknown')], 'holds')],
            }),
            step({
              kind: 'limit',
              rule: `user:${at}/limits/0`,
              outcome: kind === 'limited' ? 'denied' : 'passed',
              counter: counter('calls_per_minute', 'minute', 30, kind === 'limited' ? 30 : 11),
            }),
          ]),
    ],
  ]);

  const question = ask(`connection:${connection ?? ''}:${at}/require_approval/0`, 'It changes Odoo.');
  if (connection !== null) {
    layers.push([
      `connection:${connection}`,
      kind === 'ask' ? question : allow,
      [
        step({
          kind: 'limit',
          rule: `connection:${at}/limits/0`,
          counter: counter('writes_per_minute', 'minute', 30, 4),
        }),
        step({
          kind: 'limit',
          rule: `connection:${at}/limits/1`,
          counter: counter('rows_per_day', 'day', 20_000, 1_840, 0),
        }),
        step({
          kind: 'require_approval',
          rule: `connection:${at}/require_approval/0`,
          outcome: kind === 'ask' ? 'asked' : 'passed',
          words: 'It changes Odoo.',
          conditions:
            kind === 'ask' ? [] : [condition('call.sensitive', 'eq', 'true', [String(facts.sensitive)], 'fails')],
        }),
      ],
    ]);
  }
  const decision = layers.map(([, said]) => said).find((said) => said.kind !== 'allow') ?? allow;
  return {
    decision,
    guard: null,
    readings: [
      {
        tool,
        model: facts.model,
        decision,
        layers: layers.map(([layer, said, steps]) => ({ layer, decision: said, steps })),
      },
    ],
    standing: null,
  };
}

export const sampleAnswer = (call: RecordedCall): ReplayKind => (call.decision === 'ask' ? 'ask' : 'allow');

const answer = (call: RecordedCall, kind: ReplayKind): ReplayAnswer => ({
  kind,
  rule:
    kind === 'allow'
      ? ''
      : kind === 'ask'
        ? `connection:/tools/${call.tool}/require_approval/0`
        : kind === 'deny'
          ? `user:/tools/${call.tool}/deny_if/0`
          : `user:/tools/${call.tool}/limits/0`,
});

/** What a draft does in the sample: it denies the books, limits the reading of people, and asks about fewer leads. */
const DRAFTED: { tool: string; model: string; to: ReplayKind; at_most: number }[] = [
  { tool: 'odoo_write', model: 'account.move', to: 'deny', at_most: 14 },
  { tool: 'odoo_search_read', model: 'hr.employee', to: 'limited', at_most: 9 },
  { tool: 'odoo_create', model: 'crm.lead', to: 'allow', at_most: 12 },
  { tool: 'odoo_search_read', model: 'sale.order', to: 'ask', at_most: 5 },
];

export function sampleReplay(calls: readonly RecordedCall[]): ReplayReport {
  const left = DRAFTED.map((one) => ({ ...one }));
  const before: ReplayTally = { allow: 0, ask: 0, deny: 0, limited: 0 };
  const after: ReplayTally = { ...before };
  const changes: ReplayChange[] = [];
  for (const call of calls) {
    const from = sampleAnswer(call);
    const rule = left.find(({ tool, model, at_most }) => tool === call.tool && model === call.model && at_most > 0);
    const to = rule?.to ?? from;
    if (rule !== undefined) {
      rule.at_most -= 1;
      changes.push({ call, from: answer(call, from), to: answer(call, to) });
    }
    before[from] += 1;
    after[to] += 1;
  }
  return { calls: calls.length, since: calls[calls.length - 1]?.at ?? null, skipped: 17, changes, before, after };
}

/** A replay of a draft that changes nothing. */
export function unchangedReplay(calls: readonly RecordedCall[]): ReplayReport {
  const report = sampleReplay(calls);
  return { ...report, changes: [], after: report.before };
}
