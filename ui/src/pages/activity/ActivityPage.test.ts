import { waitFor } from '@testing-library/svelte';
import { expect, it } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { freshHost, openMain } from '../../../tests/windows';
import { FakeHost } from '../../lib/host/fake';
import { sampleId } from '../../lib/host/sample';

async function openPage(...args: Parameters<typeof openMain>) {
  const screen = await openMain(...args);
  await screen.user.click(screen.getByTestId('nav-activity'));
  return screen;
}

it('lists the journal, newest first, a write with its outcome on one line', async () => {
  const { findAllByTestId } = await openPage();
  const rows = await findAllByTestId('activity-row');
  expect(rows[0]?.textContent).toContain('Sent; the answer is not written down yet');
  const seqs = rows.map((row) => Number(row.dataset['seq']));
  expect(seqs).toEqual([...seqs].sort((a, b) => b - a));
  const write = rows.find((row) => row.dataset['kind'] === 'settled');
  expect(write?.textContent).toContain('odoo_write');
  expect(write?.textContent).toContain('2 records changed');
  expect(await axeFindings()).toEqual([]);
});

it('filters, and says so when nothing fits', async () => {
  const { host, user, getByTestId, findAllByTestId, findByTestId } = await openPage();
  await findAllByTestId('activity-row');
  await user.selectOptions(getByTestId('filter-decision'), 'deny');
  await waitFor(() =>
    expect(host.called('activity').at(-1)?.[0]).toEqual({
      agent: null,
      connection: null,
      tool: null,
      decision: 'deny',
      before: null,
    }),
  );
  await user.selectOptions(getByTestId('filter-agent'), 'cursor-intern');
  await findByTestId('no-activity');
});

it('shows older entries on demand, without losing the newer', async () => {
  const { host, user, getByTestId, findAllByTestId, getAllByTestId } = await openPage();
  const before = (await findAllByTestId('activity-row')).length;
  await user.click(getByTestId('load-more'));
  await waitFor(() => expect(getAllByTestId('activity-row').length).toBeGreaterThan(before));
  const seqs = getAllByTestId('activity-row').map((row) => Number(row.dataset['seq']));
  expect(new Set(seqs).size).toBe(seqs.length);
  expect(host.called('activity').at(-1)?.[0]).toMatchObject({ before: expect.any(Number) });
});

it('shows an entry with arguments, result, rule, ticket and outcome', async () => {
  const { user, getByTestId, findAllByTestId, queryByTestId } = await openPage();
  const row = (await findAllByTestId('activity-row')).find((candidate) => candidate.dataset['kind'] === 'settled');
  if (row === undefined) throw new Error('no write');
  await user.click(row);
  await waitFor(() => expect(getByTestId('activity-detail').textContent).toContain('+49 30 901820'));
  expect(getByTestId('activity-detail').textContent).toContain('(870)-931-0505');
  expect(getByTestId('detail-rule').textContent).toContain('require_approval');
  expect(getByTestId('detail-ticket').textContent).toContain('tkt_');
  expect(getByTestId('detail-outcome').textContent).toContain('2 records changed');
  expect(await axeFindings()).toEqual([]);
  await user.click(getByTestId('close-detail'));
  expect(queryByTestId('activity-detail')).toBeNull();
});

it('is walked with arrow keys', async () => {
  const { user, findAllByTestId } = await openPage();
  const [first, second] = (await findAllByTestId('activity-row')).map((row) => row.querySelector('button'));
  first?.focus();
  await user.keyboard('{ArrowDown}');
  expect(document.activeElement).toBe(second);
});

it('verifies the journal, for good and for ill', async () => {
  const host = new FakeHost();
  const { user, getByTestId, findByTestId } = await openPage(host);
  await user.click(await findByTestId('verify-journal'));
  expect((await findByTestId('verify-report')).textContent).toContain('intact');
  host.report = { ok: false, entries: 12, unsealed: 0, unproven: 2, problems: ['Entry 7 was changed.'] };
  await user.click(getByTestId('verify-journal'));
  await waitFor(() => expect(getByTestId('verify-report').dataset['ok']).toBe('false'));
  expect(getByTestId('verify-report').textContent).toContain('Entry 7 was changed.');
  expect(getByTestId('verify-report').textContent).toContain('2 cannot be proven');
});

it('takes a good report back when something is found wrong afterwards', async () => {
  const host = new FakeHost();
  const { user, findByTestId, queryByTestId } = await openPage(host);
  await user.click(await findByTestId('verify-journal'));
  expect((await findByTestId('verify-report')).dataset['ok']).toBe('true');
  host.state.quarantine = [...host.state.quarantine, 'The journal was altered outside Gatehouse.'];
  host.announce('vault');
  await waitFor(() => expect(queryByTestId('verify-report')).toBeNull());
});

it('follows what happens', async () => {
  const { host, findAllByTestId, getAllByTestId } = await openPage();
  await findAllByTestId('activity-row');
  const [newest] = host.journal;
  if (newest === undefined) throw new Error('no entry');
  host.journal = [{ ...newest, seq: newest.seq + 1, event: { kind: 'all_agents', paused: true } }, ...host.journal];
  host.announce('activity');
  await waitFor(() => expect(getAllByTestId('activity-row')[0]?.textContent).toContain('All agents paused'));
});

it('says what will stand here on a fresh installation', async () => {
  const { findByTestId } = await openPage(freshHost());
  expect((await findByTestId('no-activity')).textContent).toContain('written down here');
  expect(await axeFindings()).toEqual([]);
});

it('explains why a call was answered as it was, apart from what the agent sent', async () => {
  const { user, getByTestId, findAllByTestId, findByTestId } = await openPage();
  const row = (await findAllByTestId('activity-row')).find((candidate) => candidate.dataset['kind'] === 'settled');
  if (row === undefined) throw new Error('no write');
  await user.click(row);
  const explanation = await findByTestId('detail-explanation');
  expect(explanation.textContent).toContain('“Acme production” wants a person for every call of odoo_write');
  expect(explanation.querySelector('[data-decides=true]')).not.toBeNull();
  expect(getByTestId('detail-facts').textContent).toContain('may send a message');
  const [sent] = await findAllByTestId('detail-payload');
  expect(sent?.textContent).toContain('+49 30 901820');
  expect(getByTestId('activity-detail').textContent).not.toContain('"readings"');
  expect(await axeFindings()).toEqual([]);
});

it('leads from a call to trying it on the Policy page', async () => {
  const { host, user, getByTestId, findAllByTestId, findByTestId, queryByTestId } = await openPage();
  const rows = await findAllByTestId('activity-row');
  const call = rows.find((candidate) => candidate.dataset['kind'] === 'call');
  const other = rows.find((candidate) => candidate.dataset['kind'] === 'ticket');
  if (call === undefined || other === undefined) throw new Error('no call');
  await user.click(other);
  expect(queryByTestId('activity-try')).toBeNull();
  await user.click(call);
  await user.click(await findByTestId('activity-try'));
  await findByTestId('try-call', undefined, { timeout: 10_000 });
  await waitFor(() => expect(host.called('recordedCall')).toEqual([[Number(call.dataset['seq'])]]));
  expect(getByTestId('nav-policy').getAttribute('aria-current')).toBe('page');
});

/** The row of a call that holds `words`, opened. */
async function open(screen: Awaited<ReturnType<typeof openPage>>, words: string) {
  const rows = await screen.findAllByTestId('activity-row');
  const row = rows.find((candidate) => candidate.textContent?.includes(words));
  if (row === undefined) throw new Error(`no row says ${words}`);
  await screen.user.click(row);
}

it('offers to take a write back, and says what would not come back', async () => {
  const screen = await openPage();
  await open(screen, 'Sent; the answer is not written down yet');
  const offer = await screen.findByTestId('detail-undo');
  expect(offer.dataset['offer']).toBe('possible');
  expect(offer.textContent).toContain('chatter');
  expect(await axeFindings()).toEqual([]);
  await screen.user.click(screen.getByTestId('undo-call'));
  expect(screen.host.called('undoCall')).toEqual([[sampleId('call', 9001)]]);
});

it('marks what was taken back, and says when', async () => {
  const screen = await openPage();
  const marks = await screen.findAllByTestId('taken-back');
  expect(marks).toHaveLength(1);
  expect(marks[0]?.closest('tr')?.textContent).toContain('2 records changed');
  const row = marks[0]?.closest('tr');
  if (row == null) throw new Error('no row');
  await screen.user.click(row);
  await waitFor(() => expect(screen.getByTestId('detail-undo').textContent).toContain('Taken back'));
  expect(screen.queryByTestId('undo-call')).toBeNull();
});

it('says of a deletion why there is no way back', async () => {
  const screen = await openPage();
  await open(screen, 'odoo_unlink');
  expect((await screen.findByTestId('detail-undo')).textContent).toContain('Odoo keeps nothing');
  expect(screen.queryByTestId('undo-call')).toBeNull();
});

it('offers nothing of the kind for what changed nothing, and for taking back itself', async () => {
  const screen = await openPage();
  await open(screen, 'odoo_search_read');
  await waitFor(() => expect(screen.getByTestId('activity-detail').textContent).toContain('res.partner'));
  expect(screen.queryByTestId('detail-undo')).toBeNull();
  await open(screen, 'You took back a call of claude-code');
  await waitFor(() => expect(screen.getByTestId('activity-detail').textContent).toContain('2 records changed'));
  expect(screen.queryByTestId('detail-undo')).toBeNull();
});

it('follows a call that is taken back while its details stand open', async () => {
  const screen = await openPage();
  await open(screen, 'Sent; the answer is not written down yet');
  await screen.findByTestId('undo-call');
  screen.host.undone = [...screen.host.undone, sampleId('call', 9001)];
  screen.host.announce('activity');
  await waitFor(() => expect(screen.getByTestId('detail-undo').dataset['offer']).toBe('undone'));
});

it('tells what was read back of a call whose outcome was unknown', async () => {
  const screen = await openPage();
  await screen.findAllByTestId('activity-row');
  await screen.user.click(screen.getByTestId('load-more'));
  expect((await screen.findByTestId('finding')).textContent).toBe('Was applied');
  await open(screen, 'Outcome unknown');
  expect((await screen.findByTestId('detail-finding')).textContent).toContain('Odoo holds the new contact');
});

it('takes back an hour of the agent that is filtered by', async () => {
  const { host, user, getByTestId, findByTestId, queryByTestId } = await openPage();
  expect(queryByTestId('undo-hour-claude-code')).toBeNull();
  await user.selectOptions(await findByTestId('filter-agent'), 'claude-code');
  await user.click(getByTestId('undo-hour-claude-code'));
  expect(host.called('undoAgent')).toEqual([['claude-code']]);
});
