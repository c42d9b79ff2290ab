import type { Category } from '../../../lib/bindings/Category';
import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import type { PolicyTool } from '../../../lib/bindings/PolicyTool';
import type { Severity } from '../../../lib/bindings/Severity';
import { ANSWERS, stateOf, type Lookup, type ToolState } from './answers';

/** Where a tool stands in the list; `unknown` is one that the policy names and Gatehouse does not have. */
export const GROUPS = ['read', 'write', 'execute', 'destructive', 'unknown'] as const satisfies readonly (
  | Category
  | 'unknown'
)[];
export type GroupName = (typeof GROUPS)[number];

export interface Row {
  name: string;
  /** Empty for a tool that is not known. */
  title: string;
  severity: Severity | null;
  group: GroupName;
  state: ToolState;
}

export interface Group {
  name: GroupName;
  rows: Row[];
}

/** Which rows are shown. */
export const FILTERS = ['all', ...ANSWERS, 'custom', 'listed', 'problems'] as const;
export type Filter = (typeof FILTERS)[number];

/** Every tool of the catalogue, then every other one that the policy names, by name. */
export function rowsOf(tools: readonly PolicyTool[], outline: PolicyOutline, found: Lookup): Row[] {
  const known = new Set(tools.map(({ name }) => name));
  const named = [...outline.tools.map(({ name }) => name), ...outline.hide];
  const others = [...new Set(named)].filter((name) => name !== '*' && !known.has(name)).sort();
  return [
    ...tools.map(
      ({ name, title, category, severity }): Row => ({
        name,
        title,
        severity,
        group: category,
        state: stateOf(name, found),
      }),
    ),
    ...others.map(
      (name): Row => ({ name, title: '', severity: null, group: 'unknown', state: stateOf(name, found) }),
    ),
  ];
}

/** The rows that fit, in groups; groups without any are left out. */
export function grouped(rows: readonly Row[], search: string, filter: Filter, troubled: ReadonlySet<string>): Group[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = rows.filter(({ name, title, state }) => {
    const text = `${name} ${title}`.toLowerCase();
    return words.every((word) => text.includes(word)) && passes(state, filter, troubled.has(name));
  });
  return GROUPS.map((name) => ({ name, rows: fitting.filter(({ group }) => group === name) })).filter(
    (group) => group.rows.length > 0,
  );
}

function passes({ answer, custom, listed }: ToolState, filter: Filter, troubled: boolean): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'custom':
      return custom;
    case 'listed':
      return listed;
    case 'problems':
      return troubled;
    default:
      return answer === filter && !custom;
  }
}
