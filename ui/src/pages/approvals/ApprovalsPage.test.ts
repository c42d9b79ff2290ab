import { waitFor } from '@testing-library/svelte';
import { expect, it } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { freshHost, openMain } from '../../../tests/windows';
import { sampleId } from '../../lib/host/sample';

const id = (seed: number) => sampleId('tkt', seed);

async function openPage(...args: Parameters<typeof openMain>) {
  const screen = await openMain(...args);
  await screen.user.click(screen.getByTestId('nav-approvals'));
  return screen;
}

it('lists what waits by agent and connection, and what ended with its reason', async () => {
  const { findByTestId, getByTestId, getAllByRole } = await openPage();
  expect((await findByTestId(`ticket-${id(1)}`)).textContent).toContain('Change 3 fields on 2 contacts');
  const groups = getAllByRole('heading', { level: 3 }).map((heading) => heading.textContent);
  expect(groups[0]).toContain('claude-code');
  expect(groups[0]).toContain('Acme production');
  expect(groups).toHaveLength(3);
  expect(getByTestId(`ticket-${id(12)}`).textContent).toContain('Archive them instead');
  expect(await axeFindings()).toEqual([]);
});

it('opens the approval window at one ticket, or at the first', async () => {
  const { host, user, findByTestId, getByTestId } = await openPage();
  await user.click(await findByTestId(`review-${id(2)}`));
  await user.click(getByTestId('review-all'));
  expect(host.called('review')).toEqual([[id(2)], [null]]);
});

it('takes an approval back before it ran', async () => {
  const { host, user, findByTestId, getByTestId } = await openPage();
  expect((await findByTestId(`ticket-${id(9)}`)).textContent).toContain('approved, waits for the agent');
  await user.click(getByTestId(`withdraw-${id(9)}`));
  await waitFor(() => expect(getByTestId(`ticket-${id(9)}`).dataset['state']).toBe('withdrawn'));
  expect(host.called('withdrawTicket')).toEqual([[id(9)]]);
});

it('follows the program', async () => {
  const { host, findByTestId, queryByTestId } = await openPage();
  await findByTestId(`ticket-${id(1)}`);
  host.tickets = { ...host.tickets, open: [] };
  host.announce('approvals');
  await waitFor(() => expect(queryByTestId(`ticket-${id(1)}`)).toBeNull());
});

it('says what to do when nothing ever waited', async () => {
  const { findByTestId } = await openPage(freshHost());
  await findByTestId('no-approvals');
  expect(await axeFindings()).toEqual([]);
});
