import { expect, it } from 'vitest';
import { axeFindings } from '../../../../tests/axe';
import { allow, askedTree, condition, counter, deny, layer, step, tree } from '../../../../tests/explanations';
import { openPart } from '../../../../tests/on-desk';
import type { DecisionTree } from '../../../lib/bindings/DecisionTree';
import DecisionTreeView from './DecisionTreeView.svelte';

const open = (one: DecisionTree, before: DecisionTree | null = null) =>
  openPart(DecisionTreeView, { tree: one, before });

it('says first in plain words what was decided and why', async () => {
  const { getByTestId } = await open(askedTree());
  const said = getByTestId('tree-headline');
  expect(said.dataset['answer']).toBe('ask');
  expect(said.textContent).toContain('Asked');
  expect(said.textContent).toContain('the policy of “Acme production” wants a person for odoo_write');
  expect(getByTestId('tree-rule').textContent).toBe('/tools/odoo_write/require_approval/0');
  expect(await axeFindings()).toEqual([]);
});

it('opens the way to the decision and folds the rest', async () => {
  const { getAllByTestId, getAllByRole } = await open(askedTree());
  const layers = getAllByTestId('tree-layer');
  expect(layers.map((one) => one.dataset['decides'])).toEqual(['false', 'true']);
  expect(getAllByRole('button', { expanded: true }).map((one) => one.textContent)).toEqual([
    expect.stringContaining('Connection Acme production'),
    expect.stringContaining('Ask if'),
  ]);
  expect(layers[1]?.textContent).toContain('is at least 10');
  expect(layers[1]?.textContent).toContain('14');
  expect(layers[0]?.textContent).not.toContain('begins again');
});

it('opens everything and goes back', async () => {
  const { user, getByTestId, queryAllByTestId } = await open(askedTree());
  await user.click(getByTestId('tree-unfold'));
  expect(queryAllByTestId('tree-counter')).toHaveLength(1);
  expect(getByTestId('decision-tree').textContent).toContain('11 → 12 of 30 per minute');
  expect(queryAllByTestId('tree-condition').map((one) => one.textContent)).toContainEqual(
    expect.stringMatching(/args\.values\.iban.*is given.*missing.*does not hold/s),
  );
  expect(await axeFindings()).toEqual([]);
  await user.click(getByTestId('tree-fold'));
  expect(queryAllByTestId('tree-counter')).toHaveLength(0);
});

it('is walked with arrow keys alone', async () => {
  const { user, getAllByTestId } = await open(askedTree());
  const titles = () => getAllByTestId('tree-toggle').map((one) => one.querySelector('.title')?.textContent);
  const here = () => document.activeElement?.querySelector('.title')?.textContent;
  getAllByTestId('tree-toggle')[0]?.focus();
  expect(here()).toBe('Mine');
  await user.keyboard('{ArrowRight}');
  expect(titles()).toEqual(['Mine', 'Limit', 'Connection Acme production', 'Deny if', 'Ask if']);
  await user.keyboard('{ArrowRight}');
  expect(here()).toBe('Limit');
  await user.keyboard('{ArrowLeft}');
  expect(here()).toBe('Mine');
  await user.keyboard('{ArrowLeft}{End}{ArrowUp}{Enter}');
  expect(titles()).toEqual(['Mine', 'Connection Acme production', 'Deny if', 'Ask if']);
  expect(here()).toBe('Deny if');
  expect(document.activeElement?.getAttribute('aria-expanded')).toBe('true');
});

it('shows text of agents as what it is', async () => {
  const saw = [JSON.stringify('<b>ok</b>\u202egpj.exe')];
  const rule = 'user:/tools/odoo_write/deny_if/0';
  const hostile = tree(deny(rule), [
    layer('user', deny(rule), [
      step('deny_if', rule, {
        outcome: 'denied',
        words: 'no\u200bno',
        conditions: [condition({ op: 'regex', value: '"x"', saw })],
      }),
    ]),
  ]);
  const { getByTestId } = await open(hostile);
  const shown = getByTestId('decision-tree');
  expect(shown.querySelector('b')).toBeNull();
  expect(shown.textContent).toContain('<b>ok</b>');
  expect(shown.textContent).not.toContain('\u202e');
  expect(shown.textContent).toContain('U+202E');
  expect(shown.textContent).toContain('U+200B');
});

it('tells a value that is missing from the text “missing”', async () => {
  const rule = 'user:/tools/odoo_write/require/0';
  const conditions = [
    condition({ path: 'args.a', saw: ['missing'], outcome: 'fails' }),
    condition({ path: 'args.b', saw: ['"missing"'], outcome: 'doubt' }),
    condition({ path: 'call.reads', saw: ['unknown'], outcome: 'doubt' }),
  ];
  const one = tree(deny(rule), [layer('user', deny(rule), [step('require', rule, { outcome: 'denied', conditions })])]);
  const { getAllByTestId } = await open(one);
  const lines = getAllByTestId('tree-condition');
  expect(lines[0]?.querySelector('em')?.textContent).toBe('missing');
  expect(lines[1]?.querySelector('em')).toBeNull();
  expect(lines[1]?.textContent).toContain('"missing"');
  expect(lines[1]?.textContent).toContain('counts against the call');
  expect(lines[2]?.querySelector('em')?.textContent).toBe('unknown');
});

it('says when a limit is full, what the agent is told, and when it begins again', async () => {
  const rule = 'user:/all_tools/limits/0';
  const full = counter({ before: 30, after: 30, resets_in: 7200 });
  const one = tree(deny(rule, 'The limit is reached.'), [
    layer('user', deny(rule), [step('limit', rule, { outcome: 'denied', counter: full })]),
  ]);
  const { getByTestId } = await open(one);
  expect(getByTestId('tree-headline').dataset['answer']).toBe('limited');
  expect(getByTestId('tree-headline').textContent).toContain('The limit is reached.');
  expect(getByTestId('tree-counter').textContent).toContain('30 of 30 per minute spent');
  expect(getByTestId('tree-counter').textContent).toContain('begins again in 2 hours');
});

it('says that a call was judged several ways', async () => {
  const [write] = askedTree().readings;
  if (write === undefined) throw new Error('no reading');
  const readings = [write, { ...write, tool: 'odoo_unlink', model: 'res.partner.bank', decision: allow }];
  const { getByTestId, getAllByTestId } = await open({ ...askedTree(), readings });
  expect(getByTestId('tree-readings').textContent).toContain(
    'Judged as odoo_write on res.partner and as odoo_unlink on res.partner.bank',
  );
  expect(getAllByTestId('tree-reading').map((one) => one.dataset['decides'])).toEqual(['true', 'false']);
});

it('shows guard and standing approval where they decide', async () => {
  const guard = { rule: '(guard)', message: 'res.users is never written.', retry: { kind: 'never' } as const };
  const stopped = await open(tree(deny('(guard)'), [], { guard }));
  expect(stopped.getByTestId('tree-guard').dataset['decides']).toBe('true');
  expect(stopped.getByTestId('tree-headline').textContent).toContain('res.users is never written.');
  stopped.unmount();
  const { getByTestId } = await open({ ...askedTree(), standing: 'only the field phone' });
  expect(getByTestId('tree-headline').dataset['answer']).toBe('allow');
  expect(getByTestId('tree-standing').textContent).toContain('only the field phone');
});

it('compares two explanations: both answers, and what differs open and marked', async () => {
  const before = tree(allow, [
    layer('user', allow, [step('hide', '(hidden)'), step('limit', 'user:/all_tools/limits/0', { counter: counter() })]),
  ]);
  const { getAllByTestId } = await open(askedTree(), before);
  const said = getAllByTestId('tree-headline');
  expect(said.map((one) => one.dataset['answer'])).toEqual(['allow', 'ask']);
  expect(said[0]?.textContent).toContain('As things are');
  expect(said[1]?.textContent).toContain('Under the draft');
  const layers = getAllByTestId('tree-layer');
  expect(layers.map((one) => one.dataset['mark'])).toEqual(['same', 'after']);
  expect(layers[1]?.textContent).toContain('only under the draft');
  expect(layers[1]?.querySelectorAll('[data-testid=tree-step]')).toHaveLength(2);
  expect(await axeFindings()).toEqual([]);
});

it('shows an edited rule as it was and as it is', async () => {
  const rule = 'user:/tools/odoo_write/deny_if/0';
  const withValue = (value: string) =>
    tree(allow, [
      layer('user', allow, [step('deny_if', rule, { conditions: [condition({ value, outcome: 'fails' })] })]),
    ]);
  const { getByTestId } = await open(withValue('5'), withValue('10'));
  const edited = getByTestId('tree-step');
  expect(edited.dataset['mark']).toBe('changed');
  expect(edited.textContent).toMatch(/As things are.*is at least 10.*Under the draft.*is at least 5/s);
});
