import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { freshHost, openMain } from '../../../tests/windows';
import { CLIENTS, isAgentName } from './clients';

async function openPage(...args: Parameters<typeof openMain>) {
  const screen = await openMain(...args);
  await screen.user.click(screen.getByTestId('nav-agents'));
  return screen;
}

describe('the agents', () => {
  it('are shown with what the system saw, what they may use, and whether they are there', async () => {
    const { getByTestId } = await openPage();
    const row = getByTestId('agent-row-claude-code');
    expect(row.textContent).toContain('/home/ada/.local/share/claude/versions/*');
    expect(row.textContent).toContain('Acme production');
    expect(row.textContent).toContain('Connected 2 times');
    expect(getByTestId('agent-row-cursor-intern').textContent).toContain('does not tell');
    expect(await axeFindings()).toEqual([]);
  });

  it('are paused and resumed', async () => {
    const { host, user, getByTestId, findByTestId } = await openPage();
    await user.click(getByTestId('pause-claude-code'));
    await user.click(await findByTestId('resume-claude-code'));
    expect(host.called('pauseAgent')).toEqual([
      ['claude-code', true],
      ['claude-code', false],
    ]);
  });

  it('show what they may do without asking, which can be ended', async () => {
    const { host, user, getByTestId, queryByText } = await openPage();
    const row = getByTestId('agent-row-claude-code');
    expect(row.textContent).toContain('may call odoo_write on res.partner');
    await user.click(row.querySelector('[data-testid^="end-standing-"]')!);
    expect(host.called('revokeStanding')).toHaveLength(1);
    await waitFor(() => expect(queryByText(/may call odoo_write/)).toBeNull());
  });

  it('lose a connection at once, and are given another one on a card that asks', async () => {
    const { host, user, getByTestId, queryByTestId } = await openPage();
    await user.click(getByTestId('take-grant-claude-code-Acme production'));
    expect(host.called('revokeGrant')).toHaveLength(1);
    await waitFor(() => expect(queryByTestId('take-grant-claude-code-Acme production')).toBeNull());
    await user.selectOptions(getByTestId('add-grant-claude-code'), 'Acme production');
    expect(host.called('grantConnection')).toEqual(host.called('revokeGrant'));
    expect(queryByTestId('take-grant-claude-code-Acme production')).toBeNull();
    expect(await axeFindings()).toEqual([]);
  });

  it('have their last hour taken back, on a card that asks', async () => {
    const { host, user, getByTestId, findByText } = await openPage();
    await user.click(getByTestId('undo-hour-claude-code'));
    expect(host.called('undoAgent')).toEqual([['claude-code']]);
    host.fail('undoAgent', { code: 'record_missing', message: 'It changed nothing in this hour.', retry: false });
    await user.click(getByTestId('undo-hour-claude-desktop'));
    await findByText('It changed nothing in this hour.');
  });

  it('lead to their policy', async () => {
    const { user, getByTestId, findByTestId } = await openPage();
    await user.click(getByTestId('policy-claude-code'));
    await findByTestId('layer-agent', undefined, { timeout: 10_000 });
    expect(getByTestId('nav-policy').getAttribute('aria-current')).toBe('page');
  });

  it('are revoked after a question', async () => {
    const { user, getByTestId, findByTestId, queryByTestId } = await openPage();
    await user.click(getByTestId('revoke-claude-code'));
    await user.click(await findByTestId('confirm-yes'));
    await waitFor(() => expect(queryByTestId('agent-row-claude-code')).toBeNull());
  });
});

describe('connecting a client', () => {
  it('is offered where there is no agent yet, and copies what the client needs', async () => {
    const { host, user, getByTestId, findByTestId } = await openPage(freshHost());
    await user.click(getByTestId('connect-client'));
    await user.click(await findByTestId('client-claude-code'));
    await waitFor(() =>
      expect(getByTestId('client-snippet').textContent).toBe(
        'claude mcp add --scope user gatehouse -- "/usr/bin/gatehouse-mcp" --agent claude-code',
      ),
    );
    await user.click(getByTestId('copy-snippet'));
    expect(host.copied).toContain('--agent claude-code');
    expect(await axeFindings()).toEqual([]);
  });

  it('takes another agent name, and none that the bridge would refuse', async () => {
    const { user, getByTestId, findByTestId } = await openPage(freshHost());
    await user.click(getByTestId('connect-client'));
    const name = await findByTestId('client-name');
    await user.clear(name);
    await user.type(name, 'work-laptop');
    expect(getByTestId('client-snippet').textContent).toContain('"work-laptop"');
    await user.type(name, ' X');
    expect((getByTestId('copy-snippet') as HTMLButtonElement).disabled).toBe(true);
  });

  it.each(CLIENTS)('$name gets an agent name of its own and a snippet that parses', (client) => {
    expect(isAgentName(client.agent)).toBe(true);
    const path = 'C:\\Program Files\\Gatehouse\\gatehouse-mcp.exe';
    const snippet = client.snippet(path, client.agent);
    expect(snippet).toContain(client.agent);
    if (snippet.startsWith('{')) {
      const [servers] = Object.values(JSON.parse(snippet) as Record<string, { gatehouse: { command: string } }>);
      expect(servers?.gatehouse.command).toBe(path);
    } else if (client.agent === 'codex') {
      expect(snippet).toContain('command = "C:\\\\Program Files\\\\Gatehouse\\\\gatehouse-mcp.exe"');
    } else {
      expect(snippet).toContain(`"${path}"`);
    }
  });

  it('quotes a path that a shell would read otherwise', () => {
    const code = CLIENTS.find(({ agent }) => agent === 'claude-code');
    expect(code?.snippet('/opt/$HOME/it\'s "here"/gatehouse-mcp', 'a')).toContain(
      `-- '/opt/$HOME/it'\\''s "here"/gatehouse-mcp' --agent a`,
    );
  });

  it('gives every client another name', () => {
    expect(new Set(CLIENTS.map(({ agent }) => agent)).size).toBe(CLIENTS.length);
  });
});
