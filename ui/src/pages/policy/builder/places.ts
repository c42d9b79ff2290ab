import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import type { PolicyProblem } from '../../../lib/bindings/PolicyProblem';
import { withRules } from './edits';

/** A JSON Pointer from its parts. */
export const pointer = (...parts: (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const isUnder = (place: string, prefix: string): boolean => place === prefix || place.startsWith(`${prefix}/`);

/** The problems at a place or inside it. */
export const under = (problems: readonly PolicyProblem[], prefix: string): PolicyProblem[] =>
  problems.filter((problem) => isUnder(problem.pointer, prefix));

/** The problems at a place or inside it that none of the places shown inside it tells. */
export const left = (problems: readonly PolicyProblem[], prefix: string, told: readonly string[]): PolicyProblem[] =>
  under(problems, prefix).filter(({ pointer: place }) => !told.some((other) => isUnder(place, other)));

/** Problems by the tool they belong to. */
export function byTool(problems: readonly PolicyProblem[]): ReadonlyMap<string, PolicyProblem[]> {
  const found = new Map<string, PolicyProblem[]>();
  for (const problem of problems) {
    const [, root, token] = problem.pointer.split('/');
    if (root !== 'tools' || token === undefined) continue;
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    found.set(name, [...(found.get(name) ?? []), problem]);
  }
  return found;
}

/** A rule that a warning asks for. */
export interface Fix {
  tool: string;
  /** The argument that every call must then name. */
  path: string;
}

/**
 * The `require exists` that a warning about a `deny_if` names, unless the policy has it already; null when it names none.
 */
export function fixOf({ pointer: place, message }: PolicyProblem, outline: PolicyOutline): Fix | null {
  if (!/\brequire\b/.test(message) || !/\bexists\b/.test(message)) return null;
  const tool = outline.tools.find(({ name }) => isUnder(place, pointer('tools', name, 'deny_if')));
  if (tool === undefined) return null;
  const rule = tool.deny_if.find((_, index) => isUnder(place, pointer('tools', tool.name, 'deny_if', index)));
  const named = (rule?.conditions ?? []).map(({ path }) => path).filter((path) => message.includes(path));
  // Of args.a and args.a.b, both in the message, the longer one is meant.
  const path = named.sort((a, b) => b.length - a.length)[0];
  if (path === undefined || isRequired(outline, { tool: tool.name, path })) return null;
  return { tool: tool.name, path };
}

const isRequired = (outline: PolicyOutline, { tool, path }: Fix): boolean =>
  outline.tools
    .find(({ name }) => name === tool)
    ?.require.some(
      ({ conditions }) => conditions.some((one) => one.path === path && one.op === 'exists' && one.value === 'true'),
    ) ?? false;

export function withFix(outline: PolicyOutline, { tool: name, path }: Fix): PolicyOutline {
  const before = outline.tools.find((tool) => tool.name === name)?.require ?? [];
  const rule = { conditions: [{ path, op: 'exists', value: 'true' }], on_deny: null };
  return withRules(outline, name, { require: [...before, rule] });
}
