import { waitFor } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import { axeFindings } from '../../../../tests/axe';
import { allow, askedTree, change, layer, recorded, report, tree } from '../../../../tests/explanations';
import { openPart } from '../../../../tests/on-desk';
import type { PolicyDraft } from '../../../lib/bindings/PolicyDraft';
import type { ReplayReport } from '../../../lib/bindings/ReplayReport';
import { FakeHost } from '../../../lib/host/fake';
import { wishes } from './navigation.svelte';
import Replay from './Replay.svelte';

const draft = (text: string): PolicyDraft => ({ layer: 'user', edit: { kind: 'custom', text } });
const some = [
  change(5, 'allow', 'ask', { records: 80 }),
  change(4, 'allow', 'ask', { agent: 'cursor', tool: 'odoo_create', records: null }),
  change(3, 'deny', 'allow', { connection_name: 'Beta' }),
];

afterEach(() => void wishes.take());

async function open(result: ReplayReport = report(some), given: PolicyDraft | null = draft('a')) {
  const host = new FakeHost();
  const replayed = vi.spyOn(host, 'replayPolicy').mockImplementation(async () => result);
  vi.spyOn(host, 'explainRecorded').mockImplementation(async (seq) => ({
    call: recorded(seq),
    again: { agent: 'claude-code', connection: null, tool: 'odoo_write', arguments: '{"ids": [1]}' },
    before: tree(allow, [layer('user', allow, [])]),
    after: askedTree(),
  }));
  const screen = await openPart(Replay, { draft: given }, host);
  const rows = () => screen.queryAllByTestId('replay-row').map((row) => Number(row.dataset['seq']));
  const start = async () => {
    await screen.user.click(screen.getByTestId('replay-start'));
    await screen.findByTestId('replay-headline');
  };
  return { ...screen, replayed, rows, start };
}

it('says that there is nothing to compare while the layer is as it is', async () => {
  const { getByTestId, queryByTestId } = await open(report([]), null);
  expect(getByTestId('replay-nothing').textContent).toContain('Change this layer first');
  expect(queryByTestId('replay-start')).toBeNull();
  expect(await axeFindings()).toEqual([]);
});

it('runs on demand, and says first how many calls change and which way', async () => {
  const { getByTestId, start, rows, replayed } = await open();
  expect(replayed).not.toHaveBeenCalled();
  await start();
  expect(replayed.mock.calls).toEqual([[draft('a')]]);
  expect(getByTestId('replay-headline').textContent).toBe('3 of 1,000 calls would be answered differently');
  expect(getByTestId('replay-loosened').textContent).toMatch(/1\s+Agents may do more/);
  expect(getByTestId('replay-tightened').textContent).toMatch(/2\s+Agents may do less/);
  expect(getByTestId('transition-allow-ask').textContent).toContain('2 allowed → asked');
  expect(getByTestId('replay-questions').textContent).toContain('asked 62 times instead of 60');
  expect(rows()).toEqual([5, 4, 3]);
  expect(await axeFindings()).toEqual([]);
});

it('tells what loosens from what tightens without colour', async () => {
  const { getAllByTestId, start } = await open();
  await start();
  const rows = getAllByTestId('replay-row');
  expect(rows.map((row) => row.dataset['direction'])).toEqual(['tightened', 'tightened', 'loosened']);
  expect(rows[2]?.textContent).toContain('Agents may do more');
  expect(rows[2]?.querySelector('svg')?.classList).not.toEqual(rows[0]?.querySelector('svg')?.classList);
});

it('has a table whose cells show their calls', async () => {
  const { user, getByTestId, start, rows } = await open();
  await start();
  expect(getByTestId('cell-allow-allow').textContent).toBe('898');
  expect(getByTestId('cell-allow-allow').tagName).toBe('SPAN');
  const cell = getByTestId('cell-deny-allow');
  expect(cell.getAttribute('aria-label')).toBe('1 call denied, under the draft allowed. Agents may do more.');
  await user.click(cell);
  expect(cell.getAttribute('aria-pressed')).toBe('true');
  expect(rows()).toEqual([3]);
  await user.click(cell);
  expect(rows()).toEqual([5, 4, 3]);
});

it('filters by direction, agent, tool, connection and rule, and says how many are left', async () => {
  const { user, getByTestId, queryByTestId, start, rows } = await open();
  await start();
  await user.click(getByTestId('replay-tightened'));
  expect(rows()).toEqual([5, 4]);
  await user.selectOptions(getByTestId('replay-agent'), 'cursor (1)');
  expect(rows()).toEqual([4]);
  expect(getByTestId('replay-listed').textContent).toBe('1 of 3 changed calls');
  await user.selectOptions(getByTestId('replay-tool'), 'odoo_write (2)');
  expect(rows()).toEqual([]);
  await user.click(getByTestId('replay-clear'));
  expect(rows()).toEqual([5, 4, 3]);
  expect(queryByTestId('replay-clear')).toBeNull();
  await user.selectOptions(getByTestId('replay-connection'), 'Beta (1)');
  expect(rows()).toEqual([3]);
  await user.click(getByTestId('replay-clear'));
  await user.selectOptions(getByTestId('replay-rule'), 'Mine /tools/odoo_write/ask/1 (2)');
  expect(rows()).toEqual([5, 4]);
});

it('is sorted by its columns', async () => {
  const { user, getByTestId, start, rows } = await open();
  await start();
  await user.click(getByTestId('sort-at'));
  expect(rows()).toEqual([3, 4, 5]);
  expect(getByTestId('sort-at').closest('th')?.getAttribute('aria-sort')).toBe('ascending');
  await user.click(getByTestId('sort-records'));
  expect(rows()).toEqual([4, 5, 3]);
});

it('opens a call to both explanations, by keyboard alone, and leads to trying it', async () => {
  const { user, desk, getAllByTestId, findByTestId, findAllByTestId, queryByTestId, start } = await open();
  await start();
  getAllByTestId('replay-row')[0]?.querySelector('button')?.focus();
  await user.keyboard('{ArrowDown}{Enter}');
  expect((await findByTestId('replay-difference')).dataset['seq']).toBe('4');
  const said = await findAllByTestId('tree-headline');
  expect(said.map((one) => one.dataset['answer'])).toEqual(['allow', 'ask']);
  expect(await axeFindings()).toEqual([]);
  await user.click(await findByTestId('replay-try'));
  expect(wishes.current).toEqual({ seq: 4 });
  expect(desk.page).toBe('policy');
  expect(desk.policies.view).toBe('try');
  await user.click(await findByTestId('replay-close'));
  expect(queryByTestId('replay-difference')).toBeNull();
  const [, second] = getAllByTestId('replay-row').map((row) => row.querySelector('button'));
  expect(document.activeElement).toBe(second);
  await user.keyboard('{Enter}');
  (await findByTestId('replay-try')).focus();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(document.activeElement).toBe(second));
});

it('can be cancelled, and a late answer is dropped', async () => {
  const { user, getByTestId, queryByTestId, replayed } = await open();
  let late: (answer: ReplayReport) => void = () => undefined;
  replayed.mockImplementationOnce(() => new Promise((resolve) => (late = resolve)));
  await user.click(getByTestId('replay-start'));
  expect(getByTestId('replay-progress').querySelector('progress')).not.toBeNull();
  expect(await axeFindings()).toEqual([]);
  expect(document.activeElement).toBe(getByTestId('replay-cancel'));
  await user.click(getByTestId('replay-cancel'));
  expect(queryByTestId('replay-progress')).toBeNull();
  late(report(some));
  await new Promise((resolve) => setTimeout(resolve));
  expect(queryByTestId('replay-report')).toBeNull();
  expect(getByTestId('replay-start').textContent).toContain('Replay');
});

it('says when its figures are those of an earlier draft', async () => {
  const { change: give, getByTestId, queryByTestId, start } = await open();
  await start();
  expect(queryByTestId('replay-stale')).toBeNull();
  await give({ draft: draft('a') });
  expect(queryByTestId('replay-stale')).toBeNull();
  await give({ draft: draft('b') });
  expect(getByTestId('replay-stale').textContent).toContain('Replay again');
  await start();
  await waitFor(() => expect(queryByTestId('replay-stale')).toBeNull());
  await give({ draft: null });
  expect(getByTestId('replay-stale').textContent).toContain('no draft to judge by');
});

it('says when nothing changes', async () => {
  const { getByTestId, queryByTestId, start } = await open(report([]));
  await start();
  expect(getByTestId('replay-headline').textContent).toContain('None of 1,000 calls');
  expect(getByTestId('replay-unchanged').textContent).toContain('answered as it is now');
  expect(queryByTestId('replay-listed')).toBeNull();
  expect(await axeFindings()).toEqual([]);
});

it('explains the calls that are left out, and an empty journal', async () => {
  const { getByTestId, start } = await open({ ...report([]), calls: 0, since: null, skipped: 3 });
  await start().catch(() => undefined);
  await waitFor(() => expect(getByTestId('replay-report').textContent).toContain('no call that can be judged'));
  expect(getByTestId('replay-report').textContent).toContain('3 calls are left out: their details were purged');
});

it('says what went wrong, and tries again', async () => {
  const { host, user, getByTestId, findByTestId, getByText, replayed } = await open();
  replayed.mockRejectedValueOnce({ code: 'vault_locked', message: 'The vault is locked.', retry: true });
  await user.click(getByTestId('replay-start'));
  expect((await findByTestId('failure')).textContent).toContain('The vault is locked.');
  await user.click(getByText('Try again'));
  await findByTestId('replay-headline');
  expect(host).toBeTruthy();
});

it('draws a hundred rows at first and more on demand', async () => {
  const many = Array.from({ length: 130 }, (_, index) => change(1000 - index, 'allow', 'ask'));
  const { user, getByTestId, queryByTestId, start, rows } = await open(report(many));
  await start();
  expect(rows()).toHaveLength(100);
  expect(getByTestId('replay-listed').dataset['listed']).toBe('130');
  await user.click(getByTestId('replay-more'));
  expect(rows()).toHaveLength(130);
  expect(queryByTestId('replay-more')).toBeNull();
});
