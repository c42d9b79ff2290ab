import type { LimitOutline } from '../../../lib/bindings/LimitOutline';
import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import type { ToolOutline } from '../../../lib/bindings/ToolOutline';

/** The keys of a tool that hold rules. */
export const RULE_KEYS = ['deny_if', 'require', 'require_approval'] as const;
export type RuleKey = (typeof RULE_KEYS)[number];

export const emptyTool = (name: string): ToolOutline => ({
  name,
  require: [],
  deny_if: [],
  limits: [],
  require_approval: [],
});

/** The policy with this tool listed so; names stay sorted. */
export function withListed(outline: PolicyOutline, tool: ToolOutline): PolicyOutline {
  const others = outline.tools.filter(({ name }) => name !== tool.name);
  const at = outline.tools.findIndex(({ name }) => name === tool.name);
  const after = others.findIndex(({ name }) => name > tool.name);
  return { ...outline, tools: inserted(others, at >= 0 ? at : after < 0 ? others.length : after, tool) };
}

/** The policy without a word on the tool: it goes by the default. */
export const withoutTool = (outline: PolicyOutline, name: string): PolicyOutline => ({
  ...outline,
  hide: outline.hide.filter((hidden) => hidden !== name),
  tools: outline.tools.filter((tool) => tool.name !== name),
});

/**
 * The policy with other rules for a tool. One that is not listed would be allowed by being listed, so under a default
 * of deny it begins with a rule that denies every call.
 */
export function withRules(outline: PolicyOutline, name: string, changed: Partial<Omit<ToolOutline, 'name'>>): PolicyOutline {
  const listed = outline.tools.find((tool) => tool.name === name);
  const tool = { ...(listed ?? emptyTool(name)), ...changed };
  if (listed !== undefined || outline.default === 'allow') return withListed(outline, tool);
  return withListed(outline, { ...tool, deny_if: [...tool.deny_if, { conditions: [], on_deny: null }] });
}

export const replaced = <T>(list: readonly T[], at: number, item: T): T[] =>
  list.map((old, index) => (index === at ? item : old));

export const removed = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);

export const inserted = <T>(list: readonly T[], at: number, item: T): T[] => [
  ...list.slice(0, at),
  item,
  ...list.slice(at),
];

/** Every limit of a policy, with the tool it belongs to; none for all tools. */
const limitsOf = (outline: PolicyOutline): [tool: string | null, limit: LimitOutline][] => [
  ...outline.all_tools.map((limit): [null, LimitOutline] => [null, limit]),
  ...outline.tools.flatMap(({ name, limits }) => limits.map((limit): [string, LimitOutline] => [name, limit])),
];

/** How many tools count on each counter; limits of all tools are one. */
export function counterUses(outline: PolicyOutline): ReadonlyMap<string, number> {
  const users = new Map<string, Set<string | null>>();
  for (const [tool, { counter }] of limitsOf(outline)) users.set(counter, (users.get(counter) ?? new Set()).add(tool));
  return new Map([...users].map(([counter, tools]) => [counter, tools.size]));
}

/** A name for a counter that nothing else counts on: `odoo_write_rate`, `odoo_write_rows_per_day`. */
export function counterName(
  outline: PolicyOutline,
  tool: string | null,
  { window, increment_from }: Pick<LimitOutline, 'window' | 'increment_from'>,
): string {
  const owner = (tool ?? 'all_tools').replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 60);
  const counted = increment_from?.replace(/^(call|args)\./, '').replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 20);
  const base =
    counted !== undefined
      ? `${owner}_${counted}_per_${window}`
      : window === 'minute'
        ? `${owner}_rate`
        : `${owner}_per_${window}`;
  const taken = new Set(limitsOf(outline).map(([, { counter }]) => counter));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}_${count}`;
    if (!taken.has(name)) return name;
  }
}

/** The limit with another window or thing to count; a counter of its own, by its own name, follows. */
export function withMeasure(
  outline: PolicyOutline,
  tool: string | null,
  limit: LimitOutline,
  measure: Partial<Pick<LimitOutline, 'window' | 'increment_from'>>,
): LimitOutline {
  const changed = { ...limit, ...measure };
  const uses = limitsOf(outline).filter(([, { counter }]) => counter === limit.counter).length;
  const without: PolicyOutline = {
    ...outline,
    all_tools: outline.all_tools.filter((other) => other !== limit),
    tools: outline.tools.map((other) => ({ ...other, limits: other.limits.filter((one) => one !== limit) })),
  };
  const isSuggested = uses === 1 && limit.counter === counterName(without, tool, limit);
  return isSuggested ? { ...changed, counter: counterName(without, tool, changed) } : changed;
}
