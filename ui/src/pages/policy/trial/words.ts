import type { ConditionSeen } from '../../../lib/bindings/ConditionSeen';
import type { CounterSeen } from '../../../lib/bindings/CounterSeen';
import type { DecisionTree } from '../../../lib/bindings/DecisionTree';
import type { Denial } from '../../../lib/bindings/Denial';
import type { ReplayKind } from '../../../lib/bindings/ReplayKind';
import type { Retry } from '../../../lib/bindings/Retry';
import type { Step } from '../../../lib/bindings/Step';
import { number } from '../../../lib/format';
import { excerpt } from '../../../lib/hostile/visible';
import { t } from '../../../lib/messages';
import { answerOf, decisive } from './answer';
import { layerOfRule, pointer, seenValue, spaced } from './values';

/** The name of a connection, where it is known. */
export type ConnectionName = (id: string) => string | null;

/** A decision in plain words. */
export interface Headline {
  answer: ReplayKind;
  /** A sentence. It may hold names and values that others wrote. */
  why: string;
  /** What the rule itself says, where it says something. */
  words: string | null;
  /** The rule's place in its layer's file, or a name such as `(guard)`. */
  rule: string | null;
  /** What a refused agent is told. */
  told: Denial | null;
}

export function headline(tree: DecisionTree, connectionName: ConnectionName): Headline {
  const answer = answerOf(tree);
  const told = tree.guard ?? (tree.decision.kind === 'deny' ? tree.decision : null);
  if (tree.guard !== null) return { answer, why: t.policyTrial.why.guard, words: null, rule: tree.guard.rule, told };
  if (tree.decision.kind === 'allow') {
    const why = tree.standing === null ? t.policyTrial.why.allowed : t.policyTrial.why.standing;
    return { answer, why, words: tree.standing, rule: null, told };
  }
  const rule = pointer(tree.decision.rule);
  if (answer === 'allow') return { answer, why: t.policyTrial.why.standing, words: tree.standing, rule, told };
  const by = decisive(tree);
  const why =
    by?.layer && by.step ? because(layerOwner(by.layer.layer, connectionName), by.reading.tool, by.step) : null;
  return { answer, why: why ?? t.policyTrial.why.rule, words: by?.step?.words ?? null, rule, told };
}

function because(owner: string, tool: string, step: Step): string {
  const why = t.policyTrial.why;
  switch (step.kind) {
    case 'hide':
      return why.hide(owner, tool);
    case 'default':
      return why.default(owner, tool);
    case 'redact':
      return why.redact(owner);
    case 'deny_if':
      return step.conditions.length === 0 ? why.denyAll(owner, tool) : why.denyIf(owner, tool, phrase(step.conditions));
    case 'require': {
      const broken = step.conditions.filter(({ outcome }) => outcome !== 'holds');
      return why.require(owner, phrase(broken.length === 0 ? step.conditions : broken));
    }
    case 'limit':
      return step.counter === null ? why.uncounted(owner) : why.limit(owner, limitWords(step.counter), step.counter.counter);
    case 'require_approval':
      return step.conditions.length === 0 ? why.askAll(owner, tool) : why.askIf(owner, tool, phrase(step.conditions));
  }
}

/** So many conditions are spelt out in a sentence; the tree has them all. */
const SPELT_OUT = 2;
/** So many characters of a value. */
const SHORT = 40;

function phrase(conditions: readonly ConditionSeen[]): string {
  const spelt = conditions.slice(0, SPELT_OUT).map((condition) => {
    const values = condition.saw.slice(0, 3).map((saw) => short(seenValue(saw).text));
    const rest = condition.saw.length > 3 ? ['…'] : [];
    return t.policyTrial.why.condition(
      subject(condition.path),
      comparison(condition.op, condition.value),
      [...values, ...rest].join(', '),
    );
  });
  const rest = conditions.length - spelt.length;
  return t.policyTrial.why.all(spelt, rest);
}

/** A value as long as a sentence bears it. */
function short(text: string): string {
  const start = excerpt(text, SHORT, 1);
  return start === text ? text : `${start}…`;
}

/** What a path stands for: “number of records”, “argument values.state”. */
export function subject(path: string): string {
  const { subjects } = t.policyTrial;
  if (Object.prototype.hasOwnProperty.call(subjects, path)) return subjects[path as keyof typeof subjects];
  return path.startsWith('args.') ? t.policyTrial.argument(path.slice('args.'.length)) : path;
}

/** `is at least 10`; an operator that this version does not know stands as it is. */
export function comparison(op: string, value: string): string {
  const { operators } = t.policyTrial;
  if (op === 'exists') return value === 'false' ? t.policyTrial.notGiven : t.policyTrial.given;
  const words = Object.prototype.hasOwnProperty.call(operators, op) ? operators[op as keyof typeof operators] : op;
  return `${words} ${spaced(value)}`;
}

/** `30 per minute`. */
export const limitWords = (counter: CounterSeen): string =>
  t.policyTrial.perWindow(number(counter.max), windowWord(counter.window));

export const windowWord = (window: string): string => {
  const { windows } = t.policyTrial;
  return Object.prototype.hasOwnProperty.call(windows, window) ? windows[window as keyof typeof windows] : window;
};

/** A layer in a list: “Administrator”, “Connection Acme production”. */
export function layerTitle(layer: string, connectionName: ConnectionName): string {
  const { titles } = t.policyTrial.layers;
  const [kind, id] = parts(layer);
  switch (kind) {
    case 'local':
    case 'managed':
    case 'user':
      return titles[kind];
    case 'connection':
      return titles.connection(connectionName(id) ?? id);
    case 'agent':
      return titles.agent(id);
    default:
      return layer;
  }
}

/** A layer in a sentence: “your policy”, “the policy of “Acme production””. */
export function layerOwner(layer: string, connectionName: ConnectionName): string {
  const { owners } = t.policyTrial.layers;
  const [kind, id] = parts(layer);
  switch (kind) {
    case 'local':
    case 'managed':
    case 'user':
      return owners[kind];
    case 'connection':
      return id === '' ? owners.aConnection : owners.connection(connectionName(id) ?? id);
    case 'agent':
      return owners.agent(id);
    default:
      return layer;
  }
}

/** A rule in a list, with its layer where it has one: “Mine /tools/odoo_write/deny_if/0”. */
export function ruleTitle(rule: string, connectionName: ConnectionName): string {
  const layer = layerOfRule(rule);
  return layer === null ? rule : `${layerTitle(layer, connectionName)} ${pointer(rule)}`;
}

function parts(layer: string): [kind: string, id: string] {
  const at = layer.indexOf(':');
  return at < 0 ? [layer, ''] : [layer.slice(0, at), layer.slice(at + 1)];
}

/** When a refused agent may try again. */
export function retryWords(retry: Retry): string {
  switch (retry.kind) {
    case 'never':
      return t.policyTrial.retry.never;
    case 'after':
      return t.policyTrial.retry.after(retry.seconds);
    case 'when_changed':
      return t.policyTrial.retry.whenChanged;
  }
}
