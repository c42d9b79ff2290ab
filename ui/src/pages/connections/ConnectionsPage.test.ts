import { fireEvent, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { freshHost, openMain } from '../../../tests/windows';
import { FakeHost } from '../../lib/host/fake';
import { sampleProposal } from '../../lib/host/sample';

const value = (element: HTMLElement) => (element as HTMLInputElement).value;
const environment = (element: HTMLElement) => element.dataset['value'];

describe('a fresh installation', () => {
  it('offers to add a connection or to try the demo', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain(freshHost());
    expect(await axeFindings()).toEqual([]);
    await user.click(getByTestId('try-demo'));
    expect((await findByTestId('connection-title')).textContent).toBe('Demo');
    expect(host.called('startDemo')).toHaveLength(1);
  });

  it('tells the program when it can be shown', async () => {
    const { host } = await openMain(freshHost());
    await waitFor(() => expect(host.called('windowReady')).toHaveLength(1));
  });
});

describe('the list', () => {
  it('shows name, host, environment and status in words', async () => {
    const { getByTestId } = await openMain();
    const row = getByTestId('connection-row-Café Zoé');
    expect(row.textContent).toContain('cafe-zoe.odoo.com');
    expect(row.textContent).toContain('Production');
    expect(row.textContent).toContain('Key refused or expired');
    expect(await axeFindings()).toEqual([]);
  });

  it('is searched as one types, filtered by environment, and walked with arrow keys', async () => {
    const { user, getByTestId, queryByTestId } = await openMain();
    await user.type(getByTestId('search-connections'), 'acme');
    expect(queryByTestId('connection-row-Demo')).toBeNull();
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(getByTestId('connection-row-Acme production'));
    await user.keyboard('{ArrowDown}{Enter}');
    expect(getByTestId('connection-title').textContent).toBe('Acme staging');
    await user.selectOptions(getByTestId('filter-environment'), 'production');
    expect(queryByTestId('connection-row-Acme staging')).toBeNull();
  });

  it('keeps a favourite without opening it', async () => {
    const { host, user, getByTestId } = await openMain();
    await user.click(getByTestId('favourite-Demo'));
    expect(host.called('saveConnection')[0]).toEqual([
      expect.objectContaining({ name: 'Demo', favourite: true }),
      null,
    ]);
  });
});

describe('a new connection', () => {
  it('is filled in from a pasted address, shows the host large, and contacts nothing', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain(freshHost());
    await user.click(getByTestId('add-connection'));
    await fireEvent.input(getByTestId('field-url'), { target: { value: 'https://bergen.odoo.com/odoo?db=bergen' } });
    expect((await findByTestId('parsed-host')).textContent).toBe('bergen.odoo.com');
    expect(value(getByTestId('field-database'))).toBe('bergen');
    expect(value(getByTestId('field-name'))).toBe('bergen');
    expect(environment(getByTestId('field-environment'))).toBe('production');
    expect(host.called('databases')).toEqual([]);
    expect(host.called('testConnection')).toEqual([]);
    expect(await axeFindings()).toEqual([]);
  });

  it('starts as development on this computer only', async () => {
    const { user, getByTestId, findByTestId } = await openMain(freshHost());
    await user.click(getByTestId('add-connection'));
    await user.type(getByTestId('field-url'), 'http://127.0.0.1:8069');
    await findByTestId('parsed-host');
    expect(environment(getByTestId('field-environment'))).toBe('development');
  });

  it('does not overwrite what was typed', async () => {
    const { user, getByTestId, findByTestId } = await openMain(freshHost());
    await user.click(getByTestId('add-connection'));
    await user.type(getByTestId('field-name'), 'My own name');
    await user.type(getByTestId('field-database'), 'other');
    await user.click(getByTestId('environment-staging'));
    await user.type(getByTestId('field-url'), 'https://bergen.odoo.com');
    await findByTestId('parsed-host');
    expect(value(getByTestId('field-name'))).toBe('My own name');
    expect(value(getByTestId('field-database'))).toBe('other');
    expect(environment(getByTestId('field-environment'))).toBe('staging');
  });

  it('says what is wrong with an address', async () => {
    const { user, getByTestId, findByTestId } = await openMain(freshHost());
    await user.click(getByTestId('add-connection'));
    await user.type(getByTestId('field-url'), 'http://erp.acme.example');
    expect((await findByTestId('problem-url')).textContent).toContain('Use https');
    await user.click(getByTestId('test-connection'));
    expect(document.activeElement).toBe(getByTestId('field-url'));
  });

  it('lists the databases of the server when asked, and takes one with a click', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain(freshHost());
    await user.click(getByTestId('add-connection'));
    await user.type(getByTestId('field-url'), 'https://erp.acme.example');
    await findByTestId('parsed-host');
    await user.click(getByTestId('list-databases'));
    await user.click(await findByTestId('database-acme_test'));
    expect(value(getByTestId('field-database'))).toBe('acme_test');
    expect(host.called('databases')).toHaveLength(1);
  });

  it('opens the page of that Odoo where a key is made', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain(freshHost());
    await user.click(getByTestId('add-connection'));
    await user.type(getByTestId('field-url'), 'bergen.odoo.com');
    await user.click(await findByTestId('open-key-page'));
    expect(host.called('openExternal')).toEqual([['https://bergen.odoo.com/odoo/my-preferences']]);
  });

  it('is saved with its secret, which then stands nowhere in the window', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain(freshHost());
    await user.click(getByTestId('add-connection'));
    await user.type(getByTestId('field-url'), 'bergen.odoo.com');
    await findByTestId('parsed-host');
    await user.click(getByTestId('save-connection'));
    expect(document.activeElement).toBe(getByTestId('field-login'));
    expect(host.called('saveConnection')).toEqual([]);
    await user.type(getByTestId('field-login'), 'ada@bergen.example');
    await user.type(getByTestId('field-secret'), 's3cret-key');
    await user.type(getByTestId('field-tags'), 'norway, retail , norway');
    await user.click(getByTestId('save-connection'));
    expect((await findByTestId('connection-title')).textContent).toBe('bergen');
    expect(host.called('saveConnection')[0]).toEqual([
      expect.objectContaining({
        id: null,
        url: 'bergen.odoo.com',
        login: 'ada@bergen.example',
        tags: ['norway', 'retail'],
      }),
      { kind: 'api_key', value: 's3cret-key' },
    ]);
    expect(value(getByTestId('field-secret'))).toBe('');
    expect(getByTestId('toasts').textContent).toContain('“bergen” is saved');
  });

  it('that the program refuses stays in the form with the reason', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain(freshHost());
    host.fail('saveConnection', { code: 'name_taken', message: 'A connection of that name exists.', retry: false });
    await user.click(getByTestId('add-connection'));
    await user.type(getByTestId('field-url'), 'bergen.odoo.com');
    await findByTestId('parsed-host');
    await user.type(getByTestId('field-login'), 'ada');
    await user.type(getByTestId('field-secret'), 'key');
    await user.click(getByTestId('save-connection'));
    expect((await findByTestId('failure')).textContent).toContain('of that name exists');
    expect(value(getByTestId('field-secret'))).toBe('key');
  });
});

describe('the test', () => {
  it('shows each step as it happens, with a fix for what failed', async () => {
    const host = new FakeHost();
    host.probe = [
      { step: 'address', state: 'ok', message: 'https://acme.odoo.com', fix: null, elapsed_ms: 0 },
      { step: 'tls', state: 'skipped', message: '', fix: null, elapsed_ms: 0 },
      { step: 'sign_in', state: 'failed', message: 'Refused.', fix: 'Make a new key.', elapsed_ms: 83 },
    ];
    const { user, getByTestId, findByTestId, queryByTestId } = await openMain(host);
    await user.click(getByTestId('connection-row-Acme production'));
    await user.click(getByTestId('test-connection'));
    await waitFor(() => expect(getByTestId('test-result').dataset['state']).toBe('failed'));
    expect(getByTestId('probe-step-address').dataset['state']).toBe('ok');
    expect(getByTestId('probe-step-tls').dataset['state']).toBe('skipped');
    expect(getByTestId('probe-step-sign_in').dataset['state']).toBe('failed');
    expect((await findByTestId('probe-fix')).textContent).toContain('Make a new key.');
    expect(queryByTestId('probe-step-rights')).toBeNull();
    expect(await axeFindings()).toEqual([]);
  });

  it('can be cancelled', async () => {
    const host = new FakeHost();
    host.stepMillis = 60_000;
    const { user, getByTestId, findByTestId } = await openMain(host);
    await user.click(getByTestId('connection-row-Acme production'));
    await user.click(getByTestId('test-connection'));
    expect((await findByTestId('probe-step-address')).dataset['state']).toBe('running');
    expect(getByTestId('probe-step-rights').dataset['state']).toBe('pending');
    await user.click(getByTestId('cancel-test'));
    expect(getByTestId('test-result').dataset['state']).toBe('cancelled');
    expect(host.called('cancelTest')[0]).toEqual([host.called('testConnection')[0]?.[0]]);
  });
});

describe('a saved connection', () => {
  it('asks for the secret again when it would go elsewhere', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Acme production'));
    await user.clear(getByTestId('field-url'));
    await user.type(getByTestId('field-url'), 'https://elsewhere.example');
    await findByTestId('parsed-host');
    expect(getByTestId('secret-again')).toBeTruthy();
    await user.click(getByTestId('save-connection'));
    expect(host.called('saveConnection')).toEqual([]);
    expect(document.activeElement).toBe(getByTestId('field-secret'));
  });

  it('asks for the secret again when another certificate would be trusted', async () => {
    const { host, user, getByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Acme production'));
    await user.click(getByTestId('more-fields'));
    await user.click(getByTestId('field-custom-ca'));
    await user.type(getByTestId('field-ca'), '-----BEGIN CERTIFICATE-----');
    expect(getByTestId('secret-again')).toBeTruthy();
    expect(getByTestId('loosening-note').textContent).toContain('certificate');
    await user.click(getByTestId('save-connection'));
    expect(host.called('saveConnection')).toEqual([]);
  });

  it('says that a loosening waits for approval', async () => {
    const { host, user, getByTestId, findByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Acme production'));
    await user.click(getByTestId('environment-development'));
    expect(getByTestId('loosening-note').textContent).toContain('Production → Development');
    await user.click(getByTestId('save-connection'));
    await user.click(await findByTestId('toast-action'));
    expect(host.called('review')).toHaveLength(1);
    expect(environment(getByTestId('field-environment'))).toBe('production');
  });

  it('goes to the trash and comes back with undo', async () => {
    const { host, user, getByTestId, findByTestId, queryByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Fjord Shipping'));
    await user.click(getByTestId('trash'));
    await waitFor(() => expect(queryByTestId('connection-row-Fjord Shipping')).toBeNull());
    await user.click(await findByTestId('toast-action'));
    expect((await findByTestId('connection-title')).textContent).toBe('Fjord Shipping');
    expect(host.called('restoreConnection')).toHaveLength(1);
  });

  it('is deleted for good only after a question', async () => {
    const { host, user, getByTestId, findByTestId, queryByTestId } = await openMain();
    await user.click(getByTestId('open-trash'));
    expect(await axeFindings()).toEqual([]);
    await user.click(getByTestId('purge-Old test server'));
    expect((await findByTestId('confirm')).textContent).toContain('cannot be undone');
    await user.click(getByTestId('confirm-no'));
    expect(host.called('purgeConnection')).toEqual([]);
    await user.click(getByTestId('purge-Old test server'));
    await user.click(await findByTestId('confirm-yes'));
    await waitFor(() => expect(queryByTestId('trash-row-Old test server')).toBeNull());
  });

  it('is disconnected and reconnected', async () => {
    const { user, getByTestId, findByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Demo'));
    await user.click(getByTestId('disconnect'));
    await user.click(await findByTestId('reconnect'));
    await findByTestId('disconnect');
  });

  it('is duplicated without its secret', async () => {
    const { user, getByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Acme production'));
    await user.click(getByTestId('duplicate'));
    expect(value(getByTestId('field-name'))).toBe('Acme production (copy)');
    expect(value(getByTestId('field-secret'))).toBe('');
    await user.click(getByTestId('save-connection'));
    expect(document.activeElement).toBe(getByTestId('field-secret'));
  });

  it('does not lose what was typed when another is chosen, unless the person says so', async () => {
    const { user, getByTestId, findByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Demo'));
    await user.type(getByTestId('field-note'), 'half a thought');
    await user.click(getByTestId('connection-row-Local 19'));
    await user.click(await findByTestId('confirm-no'));
    expect(value(getByTestId('field-note'))).toBe('half a thought');
    await user.click(getByTestId('connection-row-Local 19'));
    await user.click(await findByTestId('confirm-yes'));
    await waitFor(() => expect(getByTestId('connection-title').textContent).toBe('Local 19'));
  });

  it('does not lose what was typed when the program tells news of it', async () => {
    const { host, user, getByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Demo'));
    await user.type(getByTestId('field-note'), 'half a thought');
    host.state = {
      ...host.state,
      connections: host.state.connections.map((one) =>
        one.name === 'Demo' ? { ...one, tags: ['new'], status: { kind: 'no_secret' } } : one,
      ),
    };
    host.announce('connections');
    await waitFor(() => expect(getByTestId('connection-status').textContent).toContain('Secret missing'));
    expect(value(getByTestId('field-note'))).toBe('half a thought');
  });

  it('can be put back to what is saved', async () => {
    const { user, getByTestId } = await openMain();
    await user.click(getByTestId('connection-row-Acme production'));
    await user.type(getByTestId('field-note'), ' More.');
    await user.click(getByTestId('discard-connection'));
    expect(value(getByTestId('field-note'))).toBe('Main company. Month-end close on the 5th.');
    expect((getByTestId('save-connection') as HTMLButtonElement).disabled).toBe(true);
  });
});

describe('a proposal of an agent', () => {
  const proposed = () => {
    const host = new FakeHost();
    host.state.proposals = [sampleProposal(Date.now())];
    return host;
  };

  it('opens the form filled, names the agent, shows the host, and contacts nothing', async () => {
    const { host, user, getByTestId, findByTestId, queryByTestId } = await openMain(proposed());
    await user.click(getByTestId('open-proposal'));
    expect(getByTestId('proposal').textContent).toContain('claude-code');
    expect((await findByTestId('parsed-host')).textContent).toBe('acme-archive.odoo.com');
    expect(value(getByTestId('field-login'))).toBe('mitchell@acme.example');
    expect(queryByTestId('proposal-banner')).toBeNull();
    expect(host.calls.filter(([name]) => name === 'testConnection' || name === 'databases')).toEqual([]);
    expect(await axeFindings()).toEqual([]);
    await user.type(getByTestId('field-secret'), 'key');
    await user.click(getByTestId('save-connection'));
    await findByTestId('connection-title');
    expect(host.called('saveConnection')[0]?.[0]).toMatchObject({ proposal: sampleProposal(0).ticket });
  });

  it('opens by itself when the program navigates there', async () => {
    const { host, findByTestId } = await openMain(proposed());
    host.navigateTo({ page: 'connections', connection: null });
    await findByTestId('proposal');
  });

  it('is dismissed', async () => {
    const { host, user, getByTestId, queryByTestId } = await openMain(proposed());
    await user.click(getByTestId('dismiss-proposal'));
    await waitFor(() => expect(queryByTestId('proposal-banner')).toBeNull());
    expect(host.called('dismissProposal')).toHaveLength(1);
  });

  it('with hidden characters shows them under the field', async () => {
    const host = proposed();
    const [proposal] = host.state.proposals;
    if (proposal) proposal.draft.name = 'Acme\u202e archive';
    const { user, getByTestId, getAllByTestId } = await openMain(host);
    await user.click(getByTestId('open-proposal'));
    expect(
      getAllByTestId('hidden-characters')
        .map((hint) => hint.textContent)
        .join(),
    ).toContain('U+202E');
  });
});
