import { fireEvent, render, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { axeFindings } from '../../tests/axe';
import { openMain } from '../../tests/windows';
import { FakeHost } from '../lib/host/fake';
import '../pages/policy/PolicyPage.svelte';
import MainWindow from './MainWindow.svelte';

describe('the main window', () => {
  it('goes from page to page by click and by Ctrl and a digit', async () => {
    const { user, getByTestId, findByTestId } = await openMain();
    await user.click(getByTestId('nav-agents'));
    expect(getByTestId('nav-agents').getAttribute('aria-current')).toBe('page');
    await user.keyboard('{Control>}2{/Control}');
    await findByTestId('review-all');
    await user.keyboard('{Control>}4{/Control}');
    await findByTestId('layer-user');
    await user.keyboard('{Control>}5{/Control}');
    await findByTestId('verify-journal');
    await user.keyboard('{Control>}6{/Control}');
    await findByTestId('settings-pin');
    await user.keyboard('{Meta>}1{/Meta}');
    await findByTestId('search-connections');
  });

  it('shows how many requests wait', async () => {
    const { host, getByTestId } = await openMain();
    expect(getByTestId('waiting-badge').textContent).toContain('4');
    host.state = { ...host.state, waiting: 7 };
    host.announce('approvals');
    await waitFor(() => expect(getByTestId('waiting-badge').textContent).toContain('7'));
  });

  it('pauses and resumes all agents', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain();
    await user.click(getByTestId('pause-all'));
    expect((await findByTestId('paused-banner')).textContent).toContain('Every call is refused');
    await user.click(getByTestId('resume-all'));
    await findByTestId('pause-all');
    expect(host.called('pauseAll')).toEqual([[true], [false]]);
  });

  it('says that the vault is closed, tries again, and explains the session before it is chosen', async () => {
    const closed = () => {
      const host = new FakeHost();
      host.state.vault = { state: 'closed', error: { code: 'vault_locked', message: 'It is locked.', retry: true } };
      return host;
    };
    const first = await openMain(closed());
    expect(first.getByTestId('vault-banner').textContent).toContain('It is locked.');
    expect(await axeFindings()).toEqual([]);
    await first.user.click(first.getByTestId('retry-vault'));
    await waitFor(() => expect(first.queryByTestId('vault-banner')).toBeNull());
    first.unmount();

    const { host, user, getByTestId, findByTestId } = await openMain(closed());
    await user.click(getByTestId('use-session-vault'));
    expect((await findByTestId('confirm')).textContent).toContain('forgotten');
    expect(host.called('useSessionVault')).toEqual([]);
    await user.click(getByTestId('confirm-yes'));
    await waitFor(() => expect(getByTestId('vault-state').dataset['state']).toBe('session_only'));
  });

  it('shows what was set aside', async () => {
    const host = new FakeHost();
    host.state.quarantine = ['The connection “Harbour Hotels” does not match its seal.'];
    const { getByTestId } = await openMain(host);
    expect(getByTestId('quarantine-banner').textContent).toContain('Harbour Hotels');
  });

  it('finds a connection by Ctrl K and a few letters', async () => {
    const { user, findByTestId, queryByTestId } = await openMain();
    await user.keyboard('{Control>}k{/Control}');
    const input = await findByTestId('palette-input');
    await waitFor(() => expect(document.activeElement).toBe(input));
    expect(await axeFindings()).toEqual([]);
    await user.keyboard('delta');
    await user.keyboard('{Enter}');
    expect((await findByTestId('connection-title')).textContent).toBe('Delta Wind');
    await waitFor(() => expect(queryByTestId('palette')).toBeNull());
  });

  it('walks the palette with arrow keys, around both ends', async () => {
    const { user, findByTestId, findAllByTestId } = await openMain();
    await user.keyboard('{Control>}k{/Control}');
    const choices = await findAllByTestId('palette-choice');
    const input = await findByTestId('palette-input');
    await waitFor(() => expect(document.activeElement).toBe(input));
    await user.keyboard('{ArrowUp}');
    expect(input.getAttribute('aria-activedescendant')).toBe(choices.at(-1)?.id);
    await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    await findByTestId('review-all');
  });

  it('shows a failure to start and tries again', async () => {
    const host = new FakeHost();
    host.fail('overview', { code: 'storage', message: 'The database cannot be read.', retry: true });
    const { findByText, findByTestId } = render(MainWindow, { host });
    await findByText('The database cannot be read.');
    await fireEvent.click(await findByText('Try again'));
    await findByTestId('vault-state');
  });

  it('says what a command was refused for', async () => {
    const { host, user, getByTestId, findByText } = await openMain();
    host.fail('pauseAll', { code: 'internal', message: 'That did not work.', retry: false });
    await user.click(getByTestId('pause-all'));
    await findByText('That did not work.');
  });
});
