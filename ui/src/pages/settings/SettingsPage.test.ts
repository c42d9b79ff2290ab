import { waitFor } from '@testing-library/svelte';
import { expect, it } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { openMain } from '../../../tests/windows';
import { FakeHost } from '../../lib/host/fake';

async function openPage(host = new FakeHost()) {
  const screen = await openMain(host);
  await screen.user.click(screen.getByTestId('nav-settings'));
  return screen;
}

it('shows whether a PIN is set, where secrets lie, and the version', async () => {
  const { getByTestId } = await openPage();
  expect(getByTestId('settings-pin').dataset['state']).toBe('none');
  expect(getByTestId('settings-vault').textContent).toContain('System keyring');
  expect(getByTestId('settings-about').textContent).toContain('0.1.0');
  expect(await axeFindings()).toEqual([]);
});

it('sets a PIN in the approval window', async () => {
  const { host, user, getByTestId, queryByTestId } = await openPage();
  expect(queryByTestId('remove-pin')).toBeNull();
  await user.click(getByTestId('change-pin'));
  expect(host.called('changePin')).toEqual([[false]]);
  host.state = { ...host.state, has_pin: true };
  host.announce('vault');
  await waitFor(() => expect(getByTestId('settings-pin').dataset['state']).toBe('set'));
});

it('changes and removes a PIN in the approval window', async () => {
  const host = new FakeHost();
  host.state.has_pin = true;
  const { user, getByTestId } = await openPage(host);
  expect(getByTestId('change-pin').textContent).toContain('Change the PIN');
  await user.click(getByTestId('change-pin'));
  await user.click(getByTestId('remove-pin'));
  expect(host.called('changePin')).toEqual([[false], [true]]);
  expect(await axeFindings()).toEqual([]);
});

it('says why the PIN cannot be changed', async () => {
  const { host, user, getByTestId, findByText } = await openPage();
  host.fail('changePin', { code: 'vault_locked', message: 'The vault is closed. Open it first.', retry: true });
  await user.click(getByTestId('change-pin'));
  await findByText('The vault is closed. Open it first.');
});

it('is found in the palette', async () => {
  const { user, getByTestId, findByTestId } = await openMain();
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await findByTestId('palette-input'), 'settings{Enter}');
  await waitFor(() => expect(getByTestId('nav-settings').getAttribute('aria-current')).toBe('page'));
});
