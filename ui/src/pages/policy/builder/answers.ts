import type { ApprovalOutline } from '../../../lib/bindings/ApprovalOutline';
import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import type { RuleOutline } from '../../../lib/bindings/RuleOutline';
import type { ToolOutline } from '../../../lib/bindings/ToolOutline';
import { emptyTool, withListed } from './edits';

/** What a tool's call meets when no condition of a rule says otherwise. */
export const ANSWERS = ['allow', 'ask', 'deny', 'hide'] as const;
export type Answer = (typeof ANSWERS)[number];

/** How a tool stands in a policy. */
export interface ToolState {
  answer: Answer;
  /** The policy lists it; else it goes by the default. */
  listed: boolean;
  /** Rules with conditions can answer otherwise. */
  custom: boolean;
}

/** A policy's tools and hidden names, to look up by name. */
export interface Lookup {
  tools: ReadonlyMap<string, ToolOutline>;
  hidden: ReadonlySet<string>;
  /** Every tool is hidden. */
  everything: boolean;
  /** What a tool that is not listed meets. */
  fallback: 'allow' | 'deny';
}

export const lookup = (outline: PolicyOutline): Lookup => ({
  tools: new Map(outline.tools.map((tool) => [tool.name, tool])),
  hidden: new Set(outline.hide),
  everything: outline.hide.includes('*'),
  fallback: outline.default === 'allow' ? 'allow' : 'deny',
});

export function stateOf(name: string, { tools, hidden, everything, fallback }: Lookup): ToolState {
  const tool = tools.get(name);
  const listed = tool !== undefined;
  if (everything || hidden.has(name)) return { answer: 'hide', listed, custom: false };
  if (tool === undefined) return { answer: fallback, listed, custom: false };
  if (tool.deny_if.some(isAlways)) return { answer: 'deny', listed, custom: false };
  const narrowed = !tool.deny_if.every(isAlways) || !tool.require.every(isAlways);
  if (tool.require_approval.some(isAlways)) return { answer: 'ask', listed, custom: narrowed };
  return { answer: 'allow', listed, custom: narrowed || tool.require_approval.length > 0 };
}

/** A rule without conditions holds for every call. */
export const isAlways = (rule: RuleOutline | ApprovalOutline): boolean => rule.conditions.length === 0;

/** Rules without conditions that an answer took away, with their texts. */
export interface Spare {
  deny_if: readonly RuleOutline[];
  require_approval: readonly ApprovalOutline[];
}

/** The rules of a tool that another answer may take away, and what earlier answers took. */
export function spareOf(tool: ToolOutline | undefined, earlier: Spare | undefined): Spare {
  const deny = tool?.deny_if.filter(isAlways) ?? [];
  const ask = tool?.require_approval.filter(isAlways) ?? [];
  return {
    deny_if: deny.length > 0 ? deny : (earlier?.deny_if ?? []),
    require_approval: ask.length > 0 ? ask : (earlier?.require_approval ?? []),
  };
}

/**
 * The policy with another answer for a tool. Limits and rules with conditions stay as they are; only rules without any
 * come and go, with the texts they had before where `spare` knows them.
 */
export function withAnswer(outline: PolicyOutline, name: string, answer: Answer, spare?: Spare): PolicyOutline {
  if (answer === 'hide') {
    return outline.hide.includes(name) ? outline : { ...outline, hide: [...outline.hide, name] };
  }
  const shown = outline.hide.includes(name)
    ? { ...outline, hide: outline.hide.filter((hidden) => hidden !== name) }
    : outline;
  const tool = outline.tools.find((listed) => listed.name === name);
  if (tool === undefined && answer === lookup(outline).fallback) return shown;
  const before = tool ?? emptyTool(name);
  return withListed(shown, {
    ...before,
    deny_if: answered(before.deny_if, answer === 'deny', spare?.deny_if ?? [], { conditions: [], on_deny: null }),
    require_approval: answered(before.require_approval, answer === 'ask', spare?.require_approval ?? [], {
      conditions: [],
      reason: null,
      timeout: null,
    }),
  });
}

/** With rules that hold always, or without any; the others keep their order. */
function answered<R extends RuleOutline | ApprovalOutline>(rules: R[], always: boolean, spare: readonly R[], plain: R): R[] {
  const unconditional = rules.some(isAlways);
  if (unconditional === always) return rules;
  return always ? [...rules, ...(spare.length > 0 ? spare : [plain])] : rules.filter((rule) => !isAlways(rule));
}

/** The policy with every tool hidden, or with these. */
export const withHidden = (outline: PolicyOutline, everything: boolean, names: readonly string[]): PolicyOutline => ({
  ...outline,
  hide: everything ? ['*'] : [...names],
});
