import type { CallFacts } from '../../lib/bindings/CallFacts';
import type { DecisionTree } from '../../lib/bindings/DecisionTree';

/** An entry's payload, with what Gatehouse made of the call apart from it. */
export interface Content {
  /** Why the call was answered as it was; none where it was not written down, or in a form that is not known. */
  explanation: DecisionTree | null;
  /** What Gatehouse computed of the call; the same. */
  facts: CallFacts | null;
  /** The rest as pretty JSON; none where nothing is left. */
  text: string | null;
}

/** Both stand beside the agent's arguments, never among them, so no agent can write them. */
export function contentOf(payload: string): Content {
  const all = { explanation: null, facts: null, text: payload };
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return all;
  }
  if (!isRecord(value)) return all;
  const parts = new Map(Object.entries(value));
  const [tree, computed] = [parts.get('explanation'), parts.get('facts')];
  const explanation = isDecisionTree(tree) ? tree : null;
  const facts = isFacts(computed) ? computed : null;
  if (explanation === null && facts === null) return all;
  if (explanation !== null) parts.delete('explanation');
  if (facts !== null) parts.delete('facts');
  return { explanation, facts, text: parts.size === 0 ? null : JSON.stringify(Object.fromEntries(parts), null, 2) };
}

/** An older or newer version may have written it: what is drawn is looked at first. */
function isDecisionTree(value: unknown): value is DecisionTree {
  return (
    isRecord(value) &&
    isDecision(value['decision']) &&
    (value['guard'] === null || isRecord(value['guard'])) &&
    (value['standing'] === null || typeof value['standing'] === 'string') &&
    isListOf(value['readings'], isReading)
  );
}

const isFacts = (value: unknown): value is CallFacts =>
  isRecord(value) &&
  isRecord(value['risk']) &&
  isTextOrNone(value['model']) &&
  isTextOrNone(value['method']) &&
  (value['records'] === null || typeof value['records'] === 'number') &&
  isListOf(value['ids'], (id) => typeof id === 'number') &&
  isListOf(value['fields'], isText) &&
  (value['reads'] === null || isListOf(value['reads'], (read) => isRecord(read) && isText(read['field']))) &&
  isListOf(value['commands'], (one) => isRecord(one) && isListOf(one['fields'], isText)) &&
  isListOf(value['effects'], (effect) => isOneOf(EFFECTS, effect));

const EFFECTS = ['mail', 'mail_possible', 'posting', 'payment', 'state', 'code', 'access'];

const isReading = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['tool'] === 'string' &&
  isDecision(value['decision']) &&
  isListOf(value['layers'], isLayer);

const isLayer = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['layer'] === 'string' &&
  isDecision(value['decision']) &&
  isListOf(value['steps'], isStep);

const KINDS = ['hide', 'default', 'redact', 'deny_if', 'require', 'limit', 'require_approval'];

const isStep = (value: unknown): boolean =>
  isRecord(value) &&
  isOneOf(KINDS, value['kind']) &&
  isOneOf(['passed', 'denied', 'asked'], value['outcome']) &&
  typeof value['rule'] === 'string' &&
  isListOf(value['conditions'], isCondition) &&
  (value['counter'] === null || isRecord(value['counter']));

const isCondition = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['path'] === 'string' &&
  typeof value['op'] === 'string' &&
  typeof value['value'] === 'string' &&
  isListOf(value['saw'], (saw) => typeof saw === 'string') &&
  isOneOf(['holds', 'fails', 'doubt'], value['outcome']);

function isDecision(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (value['kind'] === 'allow') return true;
  if (typeof value['rule'] !== 'string') return false;
  if (value['kind'] === 'ask') return typeof value['reason'] === 'string';
  return value['kind'] === 'deny' && typeof value['message'] === 'string' && isRecord(value['retry']);
}

const isText = (value: unknown): value is string => typeof value === 'string';

const isTextOrNone = (value: unknown): boolean => value === null || isText(value);

const isOneOf = (known: readonly string[], value: unknown): boolean =>
  typeof value === 'string' && known.includes(value);

const isListOf = (value: unknown, is: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
