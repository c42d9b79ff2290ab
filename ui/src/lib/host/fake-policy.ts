import type { ConditionOutline } from '../bindings/ConditionOutline';
import type { LimitOutline } from '../bindings/LimitOutline';
import type { Loosened } from '../bindings/Loosened';
import type { PolicyOutline } from '../bindings/PolicyOutline';
import type { PolicyProblem } from '../bindings/PolicyProblem';
import type { ToolOutline } from '../bindings/ToolOutline';
import { placeOf, printed, readJson, type Node } from './fake-json';

/** What the real reader and printer of policies do, roughly: enough to build and look at the Policy page. */

export interface Read {
  outline: PolicyOutline | null;
  problems: PolicyProblem[];
}

const OPS = ['eq', 'neq', 'in', 'not_in', 'lt', 'lte', 'gt', 'gte', 'regex', 'contains', 'exists'];

export function readPolicy(text: string): Read {
  const root = readJson(text);
  if ('message' in root) return { outline: null, problems: [root] };
  const problems: PolicyProblem[] = [];
  const report = (at: number, pointer: string, message: string) =>
    problems.push({ pointer, ...placeOf(text, at), message });

  const keys = (node: Node, pointer: string, known: readonly string[] | null): Record<string, Node> => {
    const found = Object.create(null) as Record<string, Node>;
    if (node.value.kind !== 'object') {
      report(node.at, pointer, 'An object is expected here.');
      return found;
    }
    for (const { key, at, node: value } of node.value.entries) {
      const inner = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (known !== null && !known.includes(key)) {
        report(at, inner, `“${key}” is not a key here; the keys are ${known.join(', ')}.`);
      } else if (key in found) report(at, inner, `The key “${key}” stands twice.`);
      found[key] = value;
    }
    return found;
  };
  const items = (node: Node | undefined, pointer: string): Node[] => {
    if (node === undefined) return [];
    if (node.value.kind === 'list') return node.value.items;
    report(node.at, pointer, 'A list is expected here.');
    return [];
  };
  const words = (node: Node | undefined, pointer: string, allowed?: readonly string[]): string | null => {
    if (node === undefined) return null;
    if (node.value.kind !== 'text') report(node.at, pointer, 'A text is expected here.');
    else if (allowed !== undefined && !allowed.includes(node.value.text)) {
      report(node.at, pointer, `“${node.value.text}” cannot stand here; it is one of ${allowed.join(', ')}.`);
    } else return node.value.text;
    return null;
  };
  const texts = (node: Node | undefined, pointer: string): string[] =>
    items(node, pointer).flatMap((item, index) => words(item, `${pointer}/${index}`) ?? []);

  const conditions = (node: Node | undefined, pointer: string): ConditionOutline[] =>
    items(node, pointer).map((item, index) => {
      const at = `${pointer}/${index}`;
      const { path, op, value } = keys(item, at, ['path', 'op', 'value']);
      const where = words(path, `${at}/path`) ?? '';
      if (path !== undefined && where !== '' && !/^(args|call|connection|agent)\./.test(where)) {
        report(path.at, `${at}/path`, 'A path begins with args., call., connection. or agent.');
      }
      return {
        path: where,
        op: words(op, `${at}/op`, OPS) ?? '',
        value: value === undefined ? 'null' : printed(value),
      };
    });
  const limits = (node: Node | undefined, pointer: string): LimitOutline[] =>
    items(node, pointer).map((item, index) => {
      const at = `${pointer}/${index}`;
      const read = keys(item, at, ['counter', 'window', 'max', 'scope', 'increment_from']);
      for (const key of ['counter', 'window', 'max', 'scope']) {
        if (read[key] === undefined) report(item.at, at, `The key “${key}” is missing.`);
      }
      words(read['scope'], `${at}/scope`, ['grant']);
      return {
        counter: words(read['counter'], `${at}/counter`) ?? '',
        window: words(read['window'], `${at}/window`, ['minute', 'hour', 'day']) ?? 'minute',
        max: Number(read['max']?.value.kind === 'word' ? read['max'].value.word : 0),
        increment_from: words(read['increment_from'], `${at}/increment_from`),
      };
    });
  const tool = (name: string, node: Node): ToolOutline => {
    const at = `/tools/${name}`;
    const read = keys(node, at, ['require', 'deny_if', 'limits', 'require_approval']);
    const rules = (key: 'require' | 'deny_if') =>
      items(read[key], `${at}/${key}`).map((item, index) => {
        const rule = keys(item, `${at}/${key}/${index}`, ['conditions', 'on_deny']);
        return {
          conditions: conditions(rule['conditions'], `${at}/${key}/${index}/conditions`),
          on_deny: words(rule['on_deny'], `${at}/${key}/${index}/on_deny`),
        };
      });
    return {
      name,
      require: rules('require'),
      deny_if: rules('deny_if'),
      limits: limits(read['limits'], `${at}/limits`),
      require_approval: items(read['require_approval'], `${at}/require_approval`).map((item, index) => {
        const pointer = `${at}/require_approval/${index}`;
        const rule = keys(item, pointer, ['conditions', 'reason', 'timeout']);
        return {
          conditions: conditions(rule['conditions'], `${pointer}/conditions`),
          reason: words(rule['reason'], `${pointer}/reason`),
          timeout: words(rule['timeout'], `${pointer}/timeout`),
        };
      }),
    };
  };

  const top = keys(root, '', ['version', 'default', 'hide', 'all_tools', 'tools', 'redact', 'pin']);
  const pin = top['pin'] === undefined ? {} : keys(top['pin'], '/pin', ['environments', 'allowed_hosts']);
  for (const key of ['version', 'default']) {
    if (top[key] === undefined) report(root.at, '', `The key “${key}” is missing.`);
  }
  words(top['version'], '/version', ['1']);
  const tools = top['tools'] === undefined ? {} : keys(top['tools'], '/tools', null);
  const everyTool = top['all_tools'] === undefined ? {} : keys(top['all_tools'], '/all_tools', ['limits']);
  const outline: PolicyOutline = {
    default: words(top['default'], '/default', ['allow', 'deny']) ?? 'deny',
    hide: texts(top['hide'], '/hide'),
    all_tools: limits(everyTool['limits'], '/all_tools/limits'),
    tools: Object.entries(tools)
      .map(([name, node]) => tool(name, node))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    redact: texts(top['redact'], '/redact'),
    pins: {
      environments: items(pin['environments'], '/pin/environments').map((item, index) => {
        const read = keys(item, `/pin/environments/${index}`, ['host', 'environment']);
        return { host: words(read['host'], '') ?? '', environment: words(read['environment'], '') ?? '' };
      }),
      allowed_hosts: pin['allowed_hosts'] === undefined ? null : texts(pin['allowed_hosts'], '/pin/allowed_hosts'),
    },
  };
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { outline: problems.length === 0 ? outline : null, problems };
}

/** The canonical text: tools by name, empty parts left out. */
export function printPolicy(outline: PolicyOutline): string {
  const conditions = (all: readonly ConditionOutline[]) =>
    all.map(({ path, op, value }) => ({ path, op, value: raw(value) }));
  const limits = (all: readonly LimitOutline[]) =>
    all.map(({ counter, window, max, increment_from }) => ({
      counter,
      window,
      max,
      scope: 'grant',
      ...(increment_from === null ? {} : { increment_from }),
    }));
  const given = (parts: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(parts).filter(
        ([, part]) => part !== null && !(typeof part === 'object' && Object.keys(part).length === 0),
      ),
    );
  const { hide, all_tools, tools, redact, pins } = outline;
  const policy = {
    version: '1',
    default: outline.default,
    ...given({
      hide,
      all_tools: all_tools.length === 0 ? null : { limits: limits(all_tools) },
      tools: Object.fromEntries(
        [...tools]
          .sort((a, b) => (a.name < b.name ? -1 : 1))
          .map((tool) => [
            tool.name,
            given({
              require: tool.require.map((rule) => ({
                conditions: conditions(rule.conditions),
                ...given({ on_deny: rule.on_deny }),
              })),
              deny_if: tool.deny_if.map((rule) => ({
                conditions: conditions(rule.conditions),
                ...given({ on_deny: rule.on_deny }),
              })),
              limits: limits(tool.limits),
              require_approval: tool.require_approval.map((rule) => ({
                conditions: conditions(rule.conditions),
                ...given({ reason: rule.reason, timeout: rule.timeout }),
              })),
            }),
          ]),
      ),
      redact,
      pin: given(pins.allowed_hosts === null ? { environments: pins.environments } : { ...pins }),
    }),
  };
  return `${write(policy, '')}\n`;
}

/** JSON text that is printed as it stands. */
class Raw {
  constructor(readonly text: string) {}
}
const raw = (text: string) => new Raw(text);

function write(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object'))
      return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    return `[\n${value.map((item) => inner + write(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return '{}';
    return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${write(item, inner)}`).join(',\n')}\n${indent}}`;
  }
  return JSON.stringify(value);
}

/** Worth a second look. */
export function warningsOf(text: string, outline: PolicyOutline, known: readonly string[]): PolicyProblem[] {
  return outline.tools
    .filter(({ name }) => !known.includes(name))
    .map(({ name }) => ({
      pointer: `/tools/${name}`,
      ...placeOf(text, Math.max(0, text.indexOf(`"${name}":`))),
      message: `Gatehouse has no tool “${name}”.`,
    }));
}

/** Where `after` may let agents do more than `before`; an absent layer forbids nothing. */
export function loosened(before: PolicyOutline | null, after: PolicyOutline | null): Loosened[] {
  if (before === null) return [];
  if (after === null) return [{ pointer: '', message: 'The policy is removed.' }];
  const found: Loosened[] = [];
  if (before.default === 'deny' && after.default === 'allow') {
    found.push({ pointer: '/default', message: 'A tool that is not listed is no longer denied.' });
  }
  for (const name of before.hide) {
    if (!after.hide.includes(name)) found.push({ pointer: '/hide', message: `${name} is no longer hidden.` });
  }
  const raised = (old: readonly LimitOutline[], now: readonly LimitOutline[], pointer: string, of: string) => {
    for (const { counter, max } of old) {
      const kept = now.find((limit) => limit.counter === counter);
      if (kept === undefined) found.push({ pointer, message: `The limit ${counter}${of} is gone.` });
      else if (kept.max > max) {
        found.push({ pointer, message: `The limit ${counter}${of} rises from ${max} to ${kept.max}.` });
      }
    }
  };
  for (const tool of after.tools) {
    const old = before.tools.find(({ name }) => name === tool.name);
    const pointer = `/tools/${tool.name}`;
    if (old === undefined) {
      if (before.default === 'deny') found.push({ pointer, message: `${tool.name} is no longer denied by default.` });
      continue;
    }
    const fewer = (key: 'require' | 'deny_if' | 'require_approval', message: string) => {
      const kept = tool[key].map((rule) => JSON.stringify(rule));
      if (old[key].some((rule) => !kept.includes(JSON.stringify(rule))))
        found.push({ pointer: `${pointer}/${key}`, message });
    };
    fewer('deny_if', `${tool.name} is denied in fewer cases.`);
    fewer('require', `${tool.name} has to meet fewer conditions.`);
    fewer('require_approval', `${tool.name} is asked about in fewer cases.`);
    raised(old.limits, tool.limits, `${pointer}/limits`, ` of ${tool.name}`);
  }
  raised(before.all_tools, after.all_tools, '/all_tools/limits', '');
  for (const pattern of before.redact) {
    if (!after.redact.includes(pattern))
      found.push({ pointer: '/redact', message: `${pattern} is no longer redacted.` });
  }
  return found;
}
