import { render, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { axeFindings } from '../../../../tests/axe';
import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import type { PolicyPath } from '../../../lib/bindings/PolicyPath';
import type { PolicyProblem } from '../../../lib/bindings/PolicyProblem';
import type { PolicyTool } from '../../../lib/bindings/PolicyTool';
import { emptyTool } from './edits';
import PolicyBuilder from './PolicyBuilder.svelte';

const tools: PolicyTool[] = [
  { name: 'odoo_read', title: 'Read records', category: 'read', severity: 'low' },
  { name: 'odoo_write', title: 'Change records', category: 'write', severity: 'medium' },
  { name: 'odoo_execute', title: 'Run a method', category: 'execute', severity: 'high' },
  { name: 'odoo_unlink', title: 'Delete records', category: 'destructive', severity: 'critical' },
];
const known: PolicyPath[] = [
  { path: 'args.model', kind: 'text', seen: ['"res.partner"', '"sale.order"'] },
  { path: 'args.values', kind: 'any', seen: [] },
  { path: 'args.limit', kind: 'number', seen: ['80'] },
  { path: 'call.records', kind: 'number', seen: ['1', '120'] },
  { path: 'call.sensitive', kind: 'boolean', seen: ['false'] },
  { path: 'call.effects', kind: 'list', seen: ['["mail", "state"]'] },
];
const rules = {
  ...emptyTool('odoo_write'),
  deny_if: [
    {
      conditions: [
        { path: 'args.values.state', op: 'eq', value: '"done"' },
        { path: 'call.model', op: 'in', value: '["sale.order", "account.move"]' },
      ],
      on_deny: 'Use the button.',
    },
  ],
  limits: [{ counter: 'odoo_write_rate', window: 'minute', max: 30, increment_from: null }],
  require_approval: [
    { conditions: [{ path: 'call.records', op: 'gte', value: '10' }], reason: 'Many.', timeout: '15m' },
  ],
};
const policy = (changes: Partial<PolicyOutline> = {}): PolicyOutline => ({
  default: 'deny',
  hide: [],
  all_tools: [],
  tools: [],
  redact: [],
  pins: { environments: [], allowed_hosts: null },
  ...changes,
});
const problem = (pointer: string, message: string): PolicyProblem => ({ pointer, line: 1, column: 1, message });

interface Given {
  problems?: PolicyProblem[];
  warnings?: PolicyProblem[];
  readonly?: boolean;
  tools?: PolicyTool[];
  paths?: (tool: string) => Promise<PolicyPath[]>;
}

/** The builder over an outline that each change replaces, as the page does it. */
function open(outline: PolicyOutline, given: Given = {}) {
  const state = { outline, changes: 0 };
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  const target = document.body.appendChild(document.createElement('main'));
  const props = {
    outline,
    problems: given.problems ?? [],
    warnings: given.warnings ?? [],
    tools: given.tools ?? tools,
    readonly: given.readonly ?? false,
    paths: given.paths ?? (() => Promise.resolve(known)),
    onchange: (changed: PolicyOutline) => {
      state.outline = changed;
      state.changes += 1;
      void screen.rerender({ outline: changed });
    },
  };
  const screen = render(PolicyBuilder, { target, props });
  const tool = (name: string) => state.outline.tools.find((one) => one.name === name);
  return { state, tool, user, ...screen };
}

async function openTool(name: string, ...args: Parameters<typeof open>) {
  const screen = open(...args);
  await screen.user.click(screen.getByTestId(`tool-toggle-${name}`));
  await screen.findByTestId(`tool-details-${name}`);
  return screen;
}

describe('the tools', () => {
  it('stand in groups with risk, answer and what their rules come to', async () => {
    const { getByTestId, queryByTestId } = open(policy({ tools: [rules, emptyTool('other_tool')], hide: ['odoo_read'] }));
    expect(within(getByTestId('tool-group-write')).getByTestId('tool-odoo_write').dataset.state).toBe('custom');
    expect(getByTestId('tool-odoo_write').dataset.answer).toBe('allow');
    expect(getByTestId('tool-summary-odoo_write').textContent).toBe(
      'denied when values.state is “done” and the model is one of “sale.order”, “account.move”; asks from 10 records; 30 calls a minute',
    );
    expect(getByTestId('tool-odoo_unlink').textContent).toContain('Critical risk');
    expect(getByTestId('tool-odoo_unlink').dataset.state).toBe('deny');
    expect(getByTestId('tool-odoo_read').dataset.state).toBe('hide');
    expect(within(getByTestId('tool-group-unknown')).getByTestId('tool-other_tool').dataset.state).toBe('allow');
    expect(queryByTestId('tool-summary-odoo_unlink')).toBeNull();
    expect(await axeFindings()).toEqual([]);
  });

  it('are found by name and title, and by their answer', async () => {
    const { user, getByTestId, queryByTestId, findByText } = open(policy({ tools: [rules] }));
    await user.type(getByTestId('search-tools'), 'delete');
    expect(queryByTestId('tool-odoo_unlink')).not.toBeNull();
    expect(queryByTestId('tool-odoo_write')).toBeNull();
    await user.type(getByTestId('search-tools'), ' nothing');
    await findByText('No tool fits.');
    await user.clear(getByTestId('search-tools'));
    await user.selectOptions(getByTestId('filter-tools'), 'custom');
    expect(queryByTestId('tool-odoo_write')).not.toBeNull();
    expect(queryByTestId('tool-odoo_read')).toBeNull();
  });

  it('are walked with the arrow keys', async () => {
    const { user, getByTestId } = open(policy());
    await user.click(getByTestId('search-tools'));
    await user.keyboard('{ArrowDown}{ArrowDown}');
    expect(document.activeElement).toBe(getByTestId('tool-toggle-odoo_write'));
    await user.keyboard('{Enter}');
    expect(getByTestId('tool-toggle-odoo_write').getAttribute('aria-expanded')).toBe('true');
  });

  it('are drawn some at a time when there are a thousand', async () => {
    const many = Array.from({ length: 1000 }, (_, at): PolicyTool => ({
      name: `tool_${String(at).padStart(4, '0')}`,
      title: `Tool ${at}`,
      category: 'read',
      severity: 'low',
    }));
    const { user, getByTestId, container, queryByTestId } = open(policy(), { tools: many });
    expect(container.querySelectorAll('[data-tool-toggle]')).toHaveLength(30);
    await user.click(getByTestId('more-tools-read'));
    expect(container.querySelectorAll('[data-tool-toggle]')).toHaveLength(60);
    expect(queryByTestId('tool-tool_0999')).toBeNull();
    await user.type(getByTestId('search-tools'), 'tool_0999');
    expect(queryByTestId('tool-tool_0999')).not.toBeNull();
  });
});

describe('an answer', () => {
  it('is chosen with the keyboard and keeps every rule with conditions and every limit', async () => {
    const { state, tool, user, getByTestId } = open(policy({ tools: [rules] }));
    getByTestId('answer-odoo_write-allow').focus();
    await user.click(getByTestId('answer-odoo_write-ask'));
    expect(getByTestId('answer-odoo_write').dataset.value).toBe('ask');
    expect(getByTestId('tool-kept-odoo_write').textContent).toContain('asks from 10 records');
    await user.click(getByTestId('answer-odoo_write-deny'));
    expect(tool('odoo_write')).toEqual({ ...rules, deny_if: [...rules.deny_if, { conditions: [], on_deny: null }] });
    expect(getByTestId('tool-kept-odoo_write').textContent).toContain('Kept, not in use: denied when');
    await user.click(getByTestId('answer-odoo_write-hide'));
    expect(state.outline.hide).toEqual(['odoo_write']);
    await user.click(getByTestId('answer-odoo_write-allow'));
    expect(state.outline).toEqual(policy({ tools: [rules] }));
  });

  it('brings its texts back when it is chosen again', async () => {
    const asked = {
      ...emptyTool('odoo_unlink'),
      require_approval: [{ conditions: [], reason: 'It deletes records.', timeout: null }],
    };
    const { tool, user, getByTestId } = open(policy({ tools: [asked] }));
    await user.click(getByTestId('answer-odoo_unlink-allow'));
    expect(tool('odoo_unlink')).toEqual(emptyTool('odoo_unlink'));
    await user.click(getByTestId('answer-odoo_unlink-deny'));
    await user.click(getByTestId('answer-odoo_unlink-ask'));
    expect(tool('odoo_unlink')).toEqual(asked);
  });

  it('of single tools waits while every tool is hidden, and what was hidden before comes back', async () => {
    const { state, user, getByTestId } = open(policy({ hide: ['odoo_read'], tools: [rules] }));
    await user.click(getByTestId('every-tool-more'));
    await user.click(getByTestId('hide-everything'));
    expect(state.outline.hide).toEqual(['*']);
    expect((getByTestId('answer-odoo_write-allow') as HTMLInputElement).disabled).toBe(true);
    await user.click(getByTestId('hide-everything'));
    expect(state.outline.hide).toEqual(['odoo_read']);
  });
});

describe('what holds for every tool', () => {
  it('is the default, limits for all calls, and fields kept from agents', async () => {
    const { state, user, getByTestId } = open(policy(), {
      problems: [problem('/redact/0', '“HR” is not a pattern.'), problem('/version', 'The version must be "1".')],
    });
    expect(getByTestId('policy-builder').textContent).toContain('The version must be "1".');
    await user.click(getByTestId('policy-default-allow'));
    expect(state.outline.default).toBe('allow');
    await user.click(getByTestId('every-tool-more'));
    await user.type(getByTestId('redact-add'), 'HR{Enter}');
    await user.type(getByTestId('redact-add'), 'hr.*.ssn');
    await user.tab();
    expect(state.outline.redact).toEqual(['HR', 'hr.*.ssn']);
    expect(document.querySelector('[data-pointer="/redact/0"]')?.textContent).toContain('is not a pattern');
    await user.click(getByTestId('redact-remove-0'));
    expect(state.outline.redact).toEqual(['hr.*.ssn']);
    expect(document.activeElement).toBe(getByTestId('redact-remove-0'));
    await user.click(getByTestId('limits-all-add'));
    expect(state.outline.all_tools).toEqual([
      { counter: 'all_tools_rate', window: 'minute', max: 30, increment_from: null },
    ]);
    expect(await axeFindings()).toEqual([]);
  });
});

describe('a rule', () => {
  it('begins with a condition to fill in, by a path that is picked', async () => {
    const { tool, user, getByTestId } = await openTool('odoo_write', policy({ default: 'allow' }));
    await user.click(getByTestId('require_approval-odoo_write-add'));
    const path = getByTestId('require_approval-odoo_write-0-condition-0-path');
    expect(document.activeElement).toBe(path);
    await user.type(path, 'rec{ArrowDown}');
    expect(path.getAttribute('aria-activedescendant')).toBeTruthy();
    expect(await axeFindings()).toEqual([]);
    await user.keyboard('{Enter}');
    await user.selectOptions(getByTestId('require_approval-odoo_write-0-condition-0-op'), 'gte');
    await user.type(getByTestId('require_approval-odoo_write-0-condition-0-value-input'), '9007199254740993');
    await user.type(getByTestId('require_approval-odoo_write-0-reason'), 'Many');
    expect(tool('odoo_write')?.require_approval).toEqual([
      {
        conditions: [{ path: 'call.records', op: 'gte', value: '9007199254740993' }],
        reason: 'Many',
        timeout: null,
      },
    ]);
  });

  it('on a tool that the default denies leaves it denied', async () => {
    const { tool, user, getByTestId, queryByTestId } = await openTool('odoo_write', policy());
    expect(queryByTestId('deny_if-odoo_write-0')).toBeNull();
    await user.click(getByTestId('limits-odoo_write-add'));
    expect(tool('odoo_write')?.deny_if).toEqual([{ conditions: [], on_deny: null }]);
    expect(getByTestId('deny_if-odoo_write-0').textContent).toContain('denies every call');
    expect(getByTestId('answer-odoo_write').dataset.value).toBe('deny');
  });

  it('takes the values that recent calls had, and chips for several', async () => {
    const { tool, user, getByTestId, getAllByTestId } = await openTool('odoo_write', policy({ tools: [rules] }));
    const condition = 'require-odoo_write-0-condition-0';
    await user.click(getByTestId('require-odoo_write-add'));
    await user.type(getByTestId(`${condition}-path`), 'args.model');
    await user.click(getAllByTestId(`${condition}-value-seen`)[1]!);
    expect(tool('odoo_write')?.require[0]?.conditions[0]?.value).toBe('"sale.order"');
    await user.selectOptions(getByTestId(`${condition}-op`), 'in');
    await user.type(getByTestId(`${condition}-value-list-add`), 'res.partner{Enter}');
    expect(tool('odoo_write')?.require[0]?.conditions[0]?.value).toBe('["sale.order", "res.partner"]');
    await user.click(getByTestId(`${condition}-value-list-remove-0`));
    expect(tool('odoo_write')?.require[0]?.conditions[0]?.value).toBe('["res.partner"]');
  });

  it('keeps what it compared with while it only asks whether something is given', async () => {
    const { tool, user, getByTestId } = await openTool('odoo_write', policy({ tools: [rules] }));
    const op = getByTestId('deny_if-odoo_write-0-condition-1-op');
    const value = () => tool('odoo_write')?.deny_if[0]?.conditions[1]?.value;
    await user.selectOptions(op, 'exists');
    expect(value()).toBe('true');
    await user.selectOptions(op, 'not_in');
    expect(value()).toBe('["sale.order", "account.move"]');
  });

  it('of a kind that no field fits is edited as JSON and never cut', async () => {
    const odd = '{"a": [1, 12345678901234567890]}';
    const outline = policy({
      tools: [
        {
          ...emptyTool('odoo_write'),
          require: [{ conditions: [{ path: 'args.values', op: 'eq', value: odd }], on_deny: null }],
        },
      ],
    });
    const { tool, user, getByTestId } = await openTool('odoo_write', outline);
    const field = getByTestId('require-odoo_write-0-condition-0-value-input') as HTMLInputElement;
    expect(field.value).toBe(odd);
    await user.selectOptions(getByTestId('require-odoo_write-0-condition-0-op'), 'contains');
    expect(tool('odoo_write')?.require[0]?.conditions[0]?.value).toBe(odd);
    await user.clear(field);
    await user.type(field, '[[1, 2');
    expect(field.value).toBe('[1, 2');
    expect(getByTestId('tool-details-odoo_write').textContent).toContain('Not JSON yet.');
    await user.type(field, ']');
    expect(tool('odoo_write')?.require[0]?.conditions[0]?.value).toBe('[1, 2]');
    expect(getByTestId('require-odoo_write-0-condition-0-value').dataset.editor).toBe('json');
  });

  it('turns a number into a text and back only when that is chosen', async () => {
    const outline = policy({
      tools: [
        {
          ...emptyTool('odoo_write'),
          require: [{ conditions: [{ path: 'args.values.n', op: 'eq', value: '10' }], on_deny: null }],
        },
      ],
    });
    const { tool, user, getByTestId } = await openTool('odoo_write', outline);
    const value = () => tool('odoo_write')?.require[0]?.conditions[0]?.value;
    const at = 'require-odoo_write-0-condition-0-value';
    await user.clear(getByTestId(`${at}-input`));
    await user.type(getByTestId(`${at}-input`), '1.50');
    expect(value()).toBe('1.50');
    await user.selectOptions(getByTestId(`${at}-kind`), 'text');
    expect(value()).toBe('"1.50"');
    await user.selectOptions(getByTestId(`${at}-kind`), 'number');
    expect(value()).toBe('1.50');
  });

  it('is removed with a way back, and so is a condition and a limit', async () => {
    const before = policy({ tools: [rules] });
    const { state, tool, user, getByTestId } = await openTool('odoo_write', before);
    await user.click(getByTestId('deny_if-odoo_write-0-remove'));
    expect(tool('odoo_write')?.deny_if).toEqual([]);
    expect(document.activeElement).toBe(getByTestId('deny_if-odoo_write-undo'));
    await user.keyboard('{Enter}');
    expect(state.outline).toEqual(before);
    await user.click(getByTestId('deny_if-odoo_write-0-condition-0-remove'));
    expect(tool('odoo_write')?.deny_if[0]?.conditions).toHaveLength(1);
    await user.click(getByTestId('deny_if-odoo_write-0-undo'));
    await user.click(getByTestId('limits-odoo_write-0-remove'));
    expect(tool('odoo_write')?.limits).toEqual([]);
    await user.click(getByTestId('limits-odoo_write-undo'));
    expect(state.outline).toEqual(before);
  });

  it('is told in words when what recent calls looked like cannot be read', async () => {
    const { findByText, getByTestId } = await openTool('odoo_write', policy({ tools: [rules] }), {
      paths: () => Promise.reject(new Error('closed')),
    });
    await findByText(/could not be read/);
    expect(getByTestId('deny_if-odoo_write-0-condition-0-path')).toBeTruthy();
  });
});

describe('a limit', () => {
  it('counts what is chosen, and its counter follows', async () => {
    const { tool, user, getByTestId } = await openTool('odoo_write', policy({ tools: [rules] }));
    await user.selectOptions(getByTestId('limits-odoo_write-0-window'), 'day');
    await user.selectOptions(getByTestId('limits-odoo_write-0-counts'), 'call.rows');
    await user.clear(getByTestId('limits-odoo_write-0-max'));
    expect(tool('odoo_write')?.limits[0]?.max).toBe(0);
    await user.type(getByTestId('limits-odoo_write-0-max'), '20000');
    expect(tool('odoo_write')?.limits).toEqual([
      { counter: 'odoo_write_rows_per_day', window: 'day', max: 20000, increment_from: 'call.rows' },
    ]);
    await user.selectOptions(getByTestId('limits-odoo_write-0-counts'), 'args');
    await user.type(getByTestId('limits-odoo_write-0-argument'), 'limit');
    expect(tool('odoo_write')?.limits[0]?.increment_from).toBe('args.limit');
    await user.clear(getByTestId('limits-odoo_write-0-argument'));
    expect(document.activeElement).toBe(getByTestId('limits-odoo_write-0-argument'));
    await user.type(getByTestId('limits-odoo_write-0-argument'), 'args.limit');
    expect(tool('odoo_write')?.limits[0]?.counter).toBe('odoo_write_limit_per_day');
    expect(await axeFindings()).toEqual([]);
  });

  it('tells which other tools count with it', async () => {
    const shared = { ...emptyTool('odoo_read'), limits: rules.limits };
    const { getByTestId } = await openTool('odoo_write', policy({ tools: [shared, rules] }));
    expect(getByTestId('limits-odoo_write-0').textContent).toContain('Counts together with 1 other tool.');
  });
});

describe('problems and warnings', () => {
  const outline = policy({ tools: [rules] });

  it('stand at their control, and none is left out', async () => {
    const problems = [
      problem('/tools/odoo_write/deny_if/0/conditions/0/path', 'No such argument.'),
      problem('/tools/odoo_write/deny_if/0/conditions/1/value', 'A list is wanted.'),
      problem('/tools/odoo_write/deny_if/0/conditions/1/extra', 'Not a key.'),
      problem('/tools/odoo_write/require_approval/0/timeout', 'Not a time.'),
      problem('/tools/odoo_write/limits/0/max', 'A whole number.'),
      problem('/tools/odoo_write/limits/0', 'Two windows.'),
      problem('/tools/odoo_write/other', 'Not a key here.'),
    ];
    const { getByTestId, getAllByTestId } = await openTool('odoo_write', outline, { problems });
    expect(getByTestId('tool-odoo_write').textContent).toContain('7 problems');
    expect(getAllByTestId('policy-problem')).toHaveLength(problems.length);
    for (const [testid, message] of [
      ['deny_if-odoo_write-0-condition-0-path', 'No such argument.'],
      ['deny_if-odoo_write-0-condition-1-value-list-add', 'A list is wanted.'],
      ['require_approval-odoo_write-0-timeout', 'Not a time.'],
      ['limits-odoo_write-0-max', 'A whole number.'],
    ] as const) {
      const described = getByTestId(testid).getAttribute('aria-describedby') ?? '';
      const words = described.split(' ').map((id) => document.getElementById(id)?.textContent);
      expect(words.join(' ')).toContain(message);
    }
    expect(await axeFindings()).toEqual([]);
  });

  it('of the whole and of a tool stand above', async () => {
    const warnings = [
      problem('', 'Nothing is limited.'),
      problem('/tools/odoo_write', 'Odd.'),
      problem('/tools/odoo_write/deny_if', 'Many.'),
    ];
    const { getAllByTestId } = await openTool('odoo_write', outline, { warnings });
    expect(getAllByTestId('policy-warning').map(({ dataset }) => dataset.pointer)).toEqual([
      '',
      '/tools/odoo_write',
      '/tools/odoo_write/deny_if',
    ]);
  });

  it('that name a demand are mended with one click', async () => {
    const warning = problem(
      '/tools/odoo_write/deny_if/0',
      'This rule does nothing when the agent leaves args.values.state out. A require with {"path": "args.values.state", "op": "exists", "value": true} closes that.',
    );
    const { tool, user, getByTestId, queryByTestId } = await openTool('odoo_write', outline, { warnings: [warning] });
    expect(getByTestId('tool-odoo_write').textContent).toContain('1 warning');
    await user.click(getByTestId('deny_if-odoo_write-0-fix'));
    expect(tool('odoo_write')?.require).toEqual([
      { conditions: [{ path: 'args.values.state', op: 'exists', value: 'true' }], on_deny: null },
    ]);
    expect(queryByTestId('deny_if-odoo_write-0-fix')).toBeNull();
  });
});

describe('a policy that cannot be changed here', () => {
  it('is readable whole, without a control that edits', async () => {
    const { state, container, getByTestId, user } = await openTool('odoo_write', policy({ tools: [rules], redact: ['hr.*'] }), {
      readonly: true,
    });
    await user.click(getByTestId('every-tool-more'));
    const details = getByTestId('tool-details-odoo_write').textContent ?? '';
    for (const words of ['args.values.state eq "done"', 'Use the button.', 'Many.', '15m', '30 calls a minute', 'odoo_write_rate']) {
      expect(details).toContain(words);
    }
    expect(getByTestId('redact').textContent).toContain('hr.*');
    const controls = [...container.querySelectorAll('input, select, textarea')];
    expect(controls.map((control) => (control as HTMLElement).dataset.testid)).toEqual(['search-tools', 'filter-tools']);
    expect(container.querySelectorAll('button:not([aria-expanded])')).toHaveLength(0);
    expect(state.changes).toBe(0);
    expect(await axeFindings()).toEqual([]);
  });
});

describe('taking a tool out', () => {
  it('leaves it to the default, with a way back', async () => {
    const before = policy({ tools: [rules], hide: ['odoo_write'] });
    const { state, user, getByTestId } = await openTool('odoo_write', before);
    await user.click(getByTestId('unlist-odoo_write'));
    expect(state.outline).toEqual(policy());
    await user.click(getByTestId('unlist-undo'));
    expect(state.outline).toEqual(before);
  });
});
