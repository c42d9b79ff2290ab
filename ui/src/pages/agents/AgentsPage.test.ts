import { waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { freshHost, openMain } from '../../../tests/windows';
import { FakeHost } from '../../lib/host/fake';
import { sampleId } from '../../lib/host/sample';
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

  it('tell how often they called in the last hour, in words too', async () => {
    const host = new FakeHost();
    const [first] = host.state.agents;
    if (first !== undefined) first.calls = [...Array.from({ length: 57 }, () => 0), 4, 1, 2];
    const { getByTestId } = await openPage(host);
    const pace = getByTestId('call-pace');
    expect(pace.getAttribute('aria-label')).toBe(
      'Calls a minute over the last hour: at most 4, 2 minutes ago; 2 in the last minute.',
    );
    expect(pace.parentElement?.textContent).toContain('7 calls in the last hour');
    expect(pace.querySelector('.bars')?.getAttribute('d')).toBe('M171 20v-20h2v20zM174 20v-5h2v5zM177 20v-10h2v10z');
    expect(getByTestId('agent-row-cursor-intern').textContent).toContain('None in the last hour');
  });

  it('name the preset that their policy equals', async () => {
    const { getByTestId } = await openPage();
    expect(getByTestId('preset-cursor-intern').textContent?.trim()).toBe('Read only');
    expect(getByTestId('preset-claude-desktop').textContent?.trim()).toBe('Own policy');
    expect(getByTestId('preset-claude-code').textContent).toContain('None of its own');
  });

  it('are asked about again each minute while they are looked at', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true, now: new Date('2026-11-21T10:00:30Z') });
    const { host, getByTestId } = await openMain();
    getByTestId('nav-agents').click();
    await vi.advanceTimersByTimeAsync(10);
    const asked = host.called('overview').length;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(host.called('overview')).toHaveLength(asked + 1);
    vi.useRealTimers();
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
    await waitFor(() => expect(host.called('review')).toEqual([[sampleId('tkt', 71)]]));
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
