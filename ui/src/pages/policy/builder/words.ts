import type { ConditionOutline } from '../../../lib/bindings/ConditionOutline';
import type { LimitOutline } from '../../../lib/bindings/LimitOutline';
import type { ToolOutline } from '../../../lib/bindings/ToolOutline';
import { number } from '../../../lib/format';
import { t } from '../../../lib/messages';
import { isAlways, type Answer } from './answers';
import type { RuleKey } from './edits';
import { isNumber, itemsOf, kindOf, plainOf } from './values';

/** So many items of a list are spelt out. */
const SPELT_OUT = 3;

const own = (words: object, key: string): string | undefined =>
  Object.prototype.hasOwnProperty.call(words, key) ? (words as Record<string, string>)[key] : undefined;

/** What a path stands for: “the number of records”, `values.state`. */
export function subject(path: string): string {
  const fact = own(t.policyTrial.subjects, path);
  if (fact !== undefined) return t.policyBuilder.theFact(fact);
  return path.startsWith('args.') ? path.slice('args.'.length) : path;
}

/** What an operator says: “is at least”. One that is not known stands as it is. */
export const opWords = (op: string): string =>
  op === 'exists' ? t.policyBuilder.existence : (own(t.policyTrial.operators, op) ?? op);

export const windowWord = (window: string): string => own(t.policyTrial.windows, window) ?? window;

/** `“draft”`, `10`, `“a”, “b” or 2 more`. */
export function valueWords(value: string): string {
  const items = itemsOf(value);
  if (items === null || kindOf(value) !== 'list') return oneValue(value);
  return t.policyBuilder.oneOf(items.slice(0, SPELT_OUT).map(oneValue), Math.max(0, items.length - SPELT_OUT));
}

const oneValue = (value: string): string =>
  kindOf(value) === 'text' ? t.policyBuilder.quoted(plainOf(value)) : value.trim();

/** “the model is “res.partner””. */
export function conditionWords({ path, op, value }: ConditionOutline): string {
  if (path === '') return t.policyBuilder.unfinished;
  if (op === 'exists') {
    return value === 'false' ? t.policyBuilder.leftOut(subject(path)) : t.policyBuilder.given(subject(path));
  }
  if (path === 'call.sensitive' && op === 'eq' && (value === 'true' || value === 'false')) {
    return value === 'true' ? t.policyBuilder.sensitive : t.policyBuilder.notSensitive;
  }
  return t.policyBuilder.condition(subject(path), opWords(op), valueWords(value));
}

/** “asks from 10 records”, “denied when the model is “hr.employee””. */
export function ruleWords(key: RuleKey, conditions: readonly ConditionOutline[]): string {
  const words = t.policyBuilder.phrases[key];
  const [first] = conditions;
  if (first === undefined) return words.always;
  if (conditions.length === 1 && first.path === 'call.records' && first.op === 'gte' && isNumber(first.value)) {
    return words.fromRecords(counted(first.value));
  }
  return words.when(conditions.map(conditionWords));
}

function counted(value: string): string {
  const count = Number(value);
  return Number.isSafeInteger(count) ? number(count) : value;
}

/** “30 calls a minute”. */
export function limitWords({ max, window, increment_from }: LimitOutline): string {
  const things = t.policyBuilder.counted;
  const facts = Object.entries(things.facts);
  const fact = facts.find(([path]) => path === increment_from)?.[1];
  const what =
    increment_from === null ? things.calls(max) : (fact?.(max) ?? things.argument(max, subject(increment_from)));
  return t.policyBuilder.atMost(what, windowWord(window));
}

/** What a tool's rules come to, besides its answer. */
export interface Summary {
  /** What counts now. */
  live: string[];
  /** What counts again under another answer. */
  kept: string[];
}

export function summaryOf(tool: ToolOutline | undefined, answer: Answer): Summary {
  if (tool === undefined) return { live: [], kept: [] };
  const phrases = (key: RuleKey) =>
    tool[key].filter((rule) => !isAlways(rule)).map(({ conditions }) => ruleWords(key, conditions));
  const narrowing = [...phrases('deny_if'), ...phrases('require')];
  const asking = phrases('require_approval');
  const limits = tool.limits.map(limitWords);
  switch (answer) {
    case 'allow':
      return { live: [...narrowing, ...asking, ...limits], kept: [] };
    case 'ask':
      return { live: [...narrowing, ...limits], kept: asking };
    default:
      return { live: [], kept: [...narrowing, ...asking, ...limits] };
  }
}

/** So many rules and limits stand in a tool's line. */
const IN_A_LINE = 6;

export const inALine = (phrases: readonly string[]): string =>
  t.policyBuilder.summary(phrases.slice(0, IN_A_LINE), Math.max(0, phrases.length - IN_A_LINE));
