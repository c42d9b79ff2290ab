import { expect, it } from 'vitest';
import { arm, click, inStandingTime, sample, type } from '../../tests/hands';
import { openApproval } from '../../tests/windows';

inStandingTime();

it('shows who did what when, how it is put back, and what does not come back', async () => {
  const { getByTestId, getAllByTestId } = await openApproval('undo');
  expect(getByTestId('undone-call').textContent).toContain('claude-code');
  expect(getByTestId('undone-call').textContent).toContain('Changed 3 fields on 2 contacts');
  expect(getAllByTestId('step')).toHaveLength(1);
  expect(getByTestId('change-phone').querySelector('[data-testid=after]')?.textContent?.trim()).toBe('(870)-931-0505');
  expect(getByTestId('undo-leaves').textContent).toContain('chatter');
});

it('shows field by field what somebody changed since, and that it stays', async () => {
  const { getByTestId } = await openApproval('undo');
  const conflict = getByTestId('conflict-street');
  expect(conflict.querySelector('[data-testid=left]')?.textContent).toBe('Unter den Linden 77');
  expect(conflict.querySelector('[data-testid=now]')?.textContent).toBe('Friedrichstraße 100');
  expect(conflict.textContent).toContain('Stays:');
});

it('says of several calls why it stops', async () => {
  const { getByTestId, getAllByTestId } = await openApproval('undos');
  expect(getAllByTestId('undone-call')).toHaveLength(2);
  expect(getByTestId('stops-before').textContent).toContain('A sent message does not come back.');
});

it('begins with the focus on keeping things, and takes back only once armed', async () => {
  const { host, getByTestId } = await openApproval('undo');
  expect(document.activeElement).toBe(getByTestId('deny'));
  expect(getByTestId('deny').textContent?.trim()).toBe('Keep as it is');
  expect(getByTestId('approve').textContent?.trim()).toBe('Take back');
  await click(getByTestId('approve'));
  expect(host.called('decide')).toEqual([]);
  await arm();
  await click(getByTestId('approve'));
  expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'approve', typed_count: null, unseen: null });
});

it('cannot be approved without a preview', async () => {
  const card = sample('undo');
  if (card.content.kind !== 'undo') throw new Error('no undo');
  const { host, getByTestId } = await openApproval({
    ...card,
    content: { ...card.content, preview_error: 'Odoo did not answer.' },
  });
  await arm();
  expect(getByTestId('blocker').textContent).toContain('without a preview');
  await click(getByTestId('approve'));
  expect(host.called('decide')).toEqual([]);
});

it('cannot be approved where somebody changed everything since', async () => {
  const card = sample('undo');
  if (card.content.kind !== 'undo') throw new Error('no undo');
  const { host, getByTestId } = await openApproval({ ...card, content: { ...card.content, steps: [] } });
  await arm();
  expect(getByTestId('blocker').textContent).toContain('Nothing is left to take back');
  await click(getByTestId('approve'));
  expect(host.called('decide')).toEqual([]);
});

it('that deletes many wants their number typed', async () => {
  const { host, getByTestId } = await openApproval('undomany');
  await arm();
  expect(getByTestId('blocker').textContent).toContain('Type 12 to approve');
  for (const wrong of ['', '11', '120']) {
    await type(getByTestId('type-count'), wrong);
    await click(getByTestId('approve'));
  }
  expect(host.called('decide')).toEqual([]);
  await type(getByTestId('type-count'), '12');
  await click(getByTestId('approve'));
  expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'approve', typed_count: 12, unseen: null });
});
