import { t } from '../../../lib/messages';

/** A value of a call or a policy as a person reads it. */
export interface Readable {
  text: string;
  /** It is a word of ours, not a value. */
  ours: boolean;
}

/** A value that a condition saw: JSON text, or `missing` or `unknown`. */
export function seenValue(saw: string): Readable {
  if (saw === 'missing') return { text: t.policyTrial.missing, ours: true };
  if (saw === 'unknown') return { text: t.policyTrial.unknown, ours: true };
  return { text: spaced(saw), ours: false };
}

/** JSON on one line with air in it. Text keeps its quotes: `"9999"` is not a number. What was cut stays as it is. */
export function spaced(json: string): string {
  try {
    return onOneLine(JSON.parse(json));
  } catch {
    return json;
  }
}

/** JSON with a space after each comma and colon. */
export function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${onOneLine(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A rule without the layer before it: `/tools/odoo_write/deny_if/0`. */
export function pointer(rule: string): string {
  const at = rule.indexOf(':/');
  return at < 0 ? rule : rule.slice(at + 1);
}

/** The layer that stands before a rule; none before `(guard)` and the like. */
export function layerOfRule(rule: string): string | null {
  const at = rule.indexOf(':/');
  return at < 0 ? null : rule.slice(0, at);
}
