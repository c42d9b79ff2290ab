import { fireEvent, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { freshHost, openMain } from '../../../tests/windows';
import type { PolicyCheck } from '../../lib/bindings/PolicyCheck';
import { FakeHost } from '../../lib/host/fake';
import { sampleConnection } from '../../lib/host/sample';
import './PolicyPage.svelte';
import { connectionLayer, sampleShortForm, sampleUserPolicy } from '../../lib/host/sample-policy';

async function openPage(host: FakeHost = new FakeHost()) {
  const screen = await openMain(host);
  await screen.user.click(screen.getByTestId('nav-policy'));
  await screen.findByTestId('layer-user');
  return screen;
}

type Screen = Awaited<ReturnType<typeof openPage>>;

const text = (screen: Screen) => (screen.getByTestId('policy-json') as HTMLTextAreaElement).value;
const type = (screen: Screen, value: string) =>
  fireEvent.input(screen.getByTestId('policy-json'), { target: { value } });
const layer = (host: FakeHost, id: string) => host.policies.layer(id);
const state = (screen: Screen) => screen.getByTestId('draft-state').textContent ?? '';
const problemLines = (screen: Screen) =>
  within(screen.getByTestId('problems'))
    .getAllByTestId('problem')
    .map((row) => row.dataset['line']);

/** More than the policy of the sample asks for: nothing is loosened. */
const tighter = sampleUserPolicy.replace('"max": 2000', '"max": 100');
const looser = sampleUserPolicy.replace('"max": 2000', '"max": 9000').replace('"odoo_report"', '');

async function openDraft(value = tighter, host = new FakeHost()) {
  const screen = await openPage(host);
  await screen.findByTestId('policy-json');
  await type(screen, value);
  await waitFor(() => expect(host.called('checkPolicy').at(-1)?.[1]).toEqual({ kind: 'custom', text: value }));
  await waitFor(() => expect(state(screen)).not.toContain('Checking'));
  return screen;
}

describe('the layers', () => {
  it('stand as tabs, each with where it comes from and how layers combine', async () => {
    const screen = await openPage();
    const { user, getByTestId } = screen;
    expect(getByTestId('layer-user').getAttribute('data-state')).toBe('active');
    expect(getByTestId('layer-source').textContent).toContain('Own policy');
    expect(getByTestId('layer-meaning').textContent).toContain('the strictest answer wins');
    await user.click(getByTestId('layer-connection'));
    expect(getByTestId('layer-source').textContent).toContain('Ask first, by its environment');
    await user.click(getByTestId('layer-agent'));
    expect(getByTestId('layer-source').dataset['source']).toBe('absent');
    expect(await axeFindings()).toEqual([]);
  });

  it('the administrator’s can be read, with what it pins, and not changed', async () => {
    const { user, getByTestId, findByTestId, queryByTestId } = await openPage();
    await user.click(getByTestId('layer-managed'));
    const pins = await findByTestId('pins');
    expect(pins.textContent).toContain('*.acme.com');
    expect(within(pins).getAllByText('Production')).toHaveLength(1);
    expect((getByTestId('policy-json') as HTMLTextAreaElement).readOnly).toBe(true);
    expect(queryByTestId('choose-preset')).toBeNull();
    expect(queryByTestId('import-policy')).toBeNull();
    expect(await axeFindings()).toEqual([]);
  });

  it('warns of an administrator’s file that is ignored, and says where one would stand', async () => {
    const host = new FakeHost();
    const path = '/etc/gatehouse/policy.json';
    Object.assign(layer(host, 'managed'), {
      source: 'absent',
      text: null,
      revision: '',
      warnings: ['The file /etc/gatehouse/policy.json is ignored: everyone may write it.'],
    });
    const { user, getByTestId, findByTestId } = await openPage(host);
    await user.click(getByTestId('layer-managed'));
    expect((await findByTestId('managed-path')).textContent).toBe(path);
    expect(getByTestId('layer-warning').textContent).toContain('everyone may write it');
    expect(await axeFindings()).toEqual([]);
  });

  it('of a hundred connections one is found by typing, with the keyboard alone', async () => {
    const host = new FakeHost();
    const many = Array.from({ length: 100 }, (_, index) =>
      sampleConnection(500 + index, Date.now(), {
        name: `Shop ${index}`,
        origin: `https://shop-${index}.example`,
        database: `shop_${index}`,
      }),
    );
    host.state.connections = many;
    host.policies.page = {
      ...host.policies.page,
      layers: [...host.policies.page.layers.slice(0, 2), ...many.map(connectionLayer)],
    };
    const { user, getByTestId, queryByTestId, findByTestId } = await openPage(host);
    await user.click(getByTestId('layer-connection'));
    getByTestId('pick-layer').focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement).toBe(getByTestId('pick-layer-search')));
    expect(await axeFindings()).toEqual([]);
    await user.keyboard('shop-77.ex');
    expect(queryByTestId('pick-layer-Shop 3')).toBeNull();
    await user.keyboard('{Enter}');
    await findByTestId('policy-json');
    expect(getByTestId('pick-layer').textContent).toContain('Shop 77');
    expect(document.activeElement).toBe(getByTestId('pick-layer'));
    await user.keyboard('{ArrowDown}{Escape}');
    expect(queryByTestId('pick-layer-search')).toBeNull();
  });

  it('an absent one says what that means and how to begin', async () => {
    const screen = await openPage();
    const { host, user, getByTestId, findByTestId } = screen;
    await user.click(getByTestId('layer-agent'));
    expect((await findByTestId('no-policy')).textContent).toContain('This layer is skipped');
    await user.click(getByTestId('start-empty'));
    await findByTestId('policy-json');
    expect(text(screen)).toContain('"default": "allow"');
    await waitFor(() => expect(getByTestId('save-policy')).toHaveProperty('disabled', false));
    await user.click(getByTestId('save-policy'));
    await waitFor(() => expect(layer(host, 'agent:claude-code').source).toBe('custom'));
  });

  it('are there on a fresh installation', async () => {
    const { findByTestId, queryByTestId } = await openPage(freshHost());
    await findByTestId('policy-json');
    expect(queryByTestId('layer-connection')).toBeNull();
    expect(await axeFindings()).toEqual([]);
  });

  it('follow the program; a connection that is gone takes its draft along', async () => {
    const host = new FakeHost();
    const { user, getByTestId, findByTestId, queryByTestId } = await openPage(host);
    await user.click(getByTestId('layer-agent'));
    await user.click(await findByTestId('start-empty'));
    await findByTestId('policy-unsaved');
    host.policies.page = {
      ...host.policies.page,
      layers: host.policies.page.layers.filter(({ id }) => !id.startsWith('agent:')),
    };
    host.announce('agents');
    await waitFor(() => expect(queryByTestId('layer-agent')).toBeNull());
    expect(queryByTestId('policy-unsaved')).toBeNull();
    expect(getByTestId('layer-user').getAttribute('data-state')).toBe('active');
  });

  it('say why they cannot be shown, and try again', async () => {
    const host = new FakeHost();
    host.fail('policyPage', { code: 'storage', message: 'The policies cannot be read.', retry: true });
    const screen = await openMain(host);
    await screen.user.click(screen.getByTestId('nav-policy'));
    await screen.findByText('The policies cannot be read.');
    await screen.user.click(screen.getByText('Try again'));
    await screen.findByTestId('layer-user');
  });
});

describe('presets', () => {
  it('are explained, and a choice is a draft that nothing saves by itself', async () => {
    const screen = await openPage();
    const { host, user, getByTestId, findByTestId } = screen;
    await user.click(getByTestId('layer-connection'));
    await user.click(getByTestId('choose-preset'));
    const dialog = await findByTestId('preset-dialog');
    expect(dialog.textContent).toContain('As its environment says: Ask first');
    expect(dialog.textContent).toContain('asks from 10 records');
    expect((getByTestId('preset-absent') as HTMLInputElement).checked).toBe(true);
    expect(await axeFindings()).toEqual([]);
    await user.click(getByTestId('preset-locked'));
    await user.click(getByTestId('preset-use'));
    await waitFor(() => expect(text(screen)).toContain('"hide": ["odoo_unlink"]'));
    expect(state(screen)).toContain('Not saved: Locked');
    expect(host.called('savePolicy')).toEqual([]);
    await waitFor(() => expect(getByTestId('save-policy')).toHaveProperty('disabled', false));
    await user.click(getByTestId('save-policy'));
    await waitFor(() => expect(getByTestId('layer-source').textContent).toContain('Locked'));
    expect(host.called('savePolicy')[0]?.[1]).toEqual({ kind: 'preset', preset: 'locked' });
  });

  it('take the place of a draft, which can be brought back', async () => {
    const screen = await openDraft();
    const { user, getByTestId, findByTestId } = screen;
    await user.click(getByTestId('choose-preset'));
    await user.click(await findByTestId('preset-locked'));
    await user.click(getByTestId('preset-use'));
    await user.click(await findByTestId('bring-back'));
    expect(text(screen)).toBe(tighter);
  });
});

describe('the text', () => {
  it('is checked when typing rests; errors stand at their lines, and the builder shows nothing old', async () => {
    const screen = await openDraft(sampleUserPolicy.replace('"grant"', '"person"').replace('"op": "eq"', '"op": "is"'));
    const { user, getByTestId, queryByTestId } = screen;
    expect(problemLines(screen)).toHaveLength(2);
    expect(getByTestId('mend-first').textContent).toContain('Mend the text first');
    expect(queryByTestId('policy-builder')).toBeNull();
    expect(getByTestId('save-policy')).toHaveProperty('disabled', true);
    expect(state(screen)).toContain('2 errors to mend');
    expect(await axeFindings()).toEqual([]);
    const [first] = within(getByTestId('problems')).getAllByTestId('problem');
    if (first === undefined) throw new Error('no problem');
    await user.click(first);
    const area = getByTestId('policy-json') as HTMLTextAreaElement;
    expect(document.activeElement).toBe(area);
    expect(text(screen).slice(0, area.selectionStart).split('\n')).toHaveLength(Number(first.dataset['line']));
  });

  it('tells where it stops being JSON', async () => {
    const screen = await openDraft('{\n  "version": "1"\n  "default": "deny"\n}');
    expect(problemLines(screen)).toEqual(['3']);
  });

  it('drops the late answer to an older question', async () => {
    const host = new FakeHost();
    const answers: (() => void)[] = [];
    const screen = await openPage(host);
    await screen.findByTestId('policy-json');
    const real = host.checkPolicy.bind(host);
    host.checkPolicy = (id, edit) =>
      new Promise<PolicyCheck>((resolve, reject) => answers.push(() => real(id, edit).then(resolve, reject)));
    await type(screen, '{ "broken": ');
    await waitFor(() => expect(answers).toHaveLength(1));
    await type(screen, tighter);
    await waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    await waitFor(() => expect(screen.getByTestId('save-policy')).toHaveProperty('disabled', false));
    answers[0]?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(screen.queryByTestId('mend-first')).toBeNull();
    expect(screen.getByTestId('save-policy')).toHaveProperty('disabled', false);
  });

  it('is put into its canonical form on demand', async () => {
    const screen = await openDraft(JSON.stringify(JSON.parse(tighter)));
    await screen.user.click(screen.getByTestId('format-policy'));
    expect(text(screen)).toBe(tighter);
    await waitFor(() => expect(screen.getByTestId('format-policy')).toHaveProperty('disabled', true));
  });

  it('typed back to what is in force is no change', async () => {
    const screen = await openDraft();
    await type(screen, sampleUserPolicy);
    await waitFor(() => expect(screen.queryByTestId('draft-bar')).toBeNull());
  });

  it('says that it could not be checked, and asks again', async () => {
    const host = new FakeHost();
    const screen = await openPage(host);
    await screen.findByTestId('policy-json');
    host.fail('checkPolicy', { code: 'internal', message: 'It could not be checked.', retry: true });
    await type(screen, tighter);
    await screen.findByText('It could not be checked.');
    expect(screen.getByTestId('save-policy')).toHaveProperty('disabled', true);
    await screen.user.click(screen.getByText('Try again'));
    await waitFor(() => expect(screen.getByTestId('save-policy')).toHaveProperty('disabled', false));
  });
});

describe('builder and text', () => {
  it('agree: an edit in the builder is printed, a mended text is built on', async () => {
    const screen = await openPage();
    const { host, user, getByTestId, findByTestId } = screen;
    await user.click(await findByTestId('answer-odoo_unlink-hide'));
    await waitFor(() => expect(text(screen)).toContain('"hide": ["odoo_report", "odoo_unlink"]'));
    expect(host.called('printPolicy')).toHaveLength(1);
    expect(state(screen)).toContain('1 line changed');
    await type(screen, text(screen).replace(', "odoo_unlink"', ''));
    await waitFor(() => expect(getByTestId('answer-odoo_unlink-hide')).toHaveProperty('checked', false));
    expect(screen.queryByTestId('draft-bar')).toBeNull();
  });

  it('cannot cross: while a typed text is not checked yet the builder only shows', async () => {
    const host = new FakeHost();
    const screen = await openPage(host);
    await screen.findByTestId('answer-odoo_unlink-hide');
    let answer = () => {};
    const real = host.checkPolicy.bind(host);
    host.checkPolicy = async (id, edit) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return real(id, edit);
    };
    const isInert = () => (screen.getByRole('region', { name: 'Builder', hidden: true }) as HTMLElement).inert;
    expect(isInert()).toBe(false);
    await type(screen, tighter);
    await waitFor(() => expect(isInert()).toBe(true));
    await fireEvent.click(screen.getByTestId('answer-odoo_unlink-hide'));
    expect(host.called('printPolicy')).toEqual([]);
    await waitFor(() => {
      answer();
      expect(isInert()).toBe(false);
    });
    expect(text(screen)).toBe(tighter);
  });
});

describe('saving', () => {
  it('shows the changes first, then puts a stricter policy in force at once, with a way back', async () => {
    const screen = await openDraft();
    const { host, user, getByTestId, findByTestId, queryByTestId } = screen;
    expect(state(screen)).toContain('1 line changed');
    expect(queryByTestId('draft-loosened')).toBeNull();
    await user.click(getByTestId('show-changes'));
    const dialog = await findByTestId('changes-dialog');
    expect(dialog.querySelector('.removed')?.textContent).toContain('2000');
    expect(dialog.querySelector('.added')?.textContent).toContain('100');
    expect(await axeFindings()).toEqual([]);
    await user.click(getByTestId('close-changes'));
    await user.keyboard('{Control>}s{/Control}');
    await waitFor(() => expect(queryByTestId('draft-bar')).toBeNull());
    expect(layer(host, 'user').text).toBe(tighter);
    // Going back loosens, so it is asked about like any other saving.
    await user.click(await findByTestId('toast-action'));
    expect((await findByTestId('waits')).textContent).toContain('waits for your yes');
    expect(host.called('restorePolicy')).toHaveLength(1);
  });

  it('of what loosens says why it asks, and where it waits', async () => {
    const screen = await openDraft(looser);
    const { host, user, getByTestId, findByTestId, queryByTestId } = screen;
    expect(getByTestId('draft-loosened').textContent).toContain('Saving asks you in the approval window, because:');
    expect(getByTestId('draft-loosened').textContent).toContain('odoo_report is no longer hidden.');
    expect(getByTestId('save-policy').textContent).toContain('Save and ask');
    expect(await axeFindings()).toEqual([]);
    await user.click(getByTestId('save-policy'));
    await findByTestId('waits');
    expect(layer(host, 'user').text).toBe(sampleUserPolicy);
    expect(getByTestId('save-policy')).toHaveProperty('disabled', true);
    await user.click(getByTestId('review-policy'));
    expect(host.called('review')).toEqual([[layer(host, 'user').waits]]);
    // Approved.
    host.policies.apply('user', { kind: 'custom', text: looser });
    host.announce('policy');
    await waitFor(() => expect(queryByTestId('draft-bar')).toBeNull());
    expect(text(screen)).toBe(looser);
  });

  it('that was refused by the person keeps the draft', async () => {
    const screen = await openDraft(looser);
    const { host, user, getByTestId, findByTestId, queryByTestId } = screen;
    await user.click(getByTestId('save-policy'));
    await findByTestId('waits');
    host.policies.page = {
      ...host.policies.page,
      layers: host.policies.page.layers.map((one) => ({ ...one, waits: null })),
    };
    host.announce('policy');
    await waitFor(() => expect(queryByTestId('waits')).toBeNull());
    expect(text(screen)).toBe(looser);
    expect(getByTestId('save-policy')).toHaveProperty('disabled', false);
  });

  it('says what it was refused for', async () => {
    const screen = await openDraft();
    screen.host.fail('savePolicy', { code: 'vault_locked', message: 'The vault is closed.', retry: true });
    await screen.user.click(screen.getByTestId('save-policy'));
    await screen.findByText('The vault is closed.');
    expect(text(screen)).toBe(tighter);
  });

  it('warns when the policy in force changed meanwhile', async () => {
    const screen = await openDraft();
    screen.host.policies.apply('user', { kind: 'preset', preset: 'trusted' });
    screen.host.announce('policy');
    expect((await screen.findByTestId('overtaken')).textContent).toContain('changed since you began');
    expect(text(screen)).toBe(tighter);
  });
});

describe('a draft', () => {
  it('stays with its layer while one looks elsewhere, and is marked', async () => {
    const screen = await openDraft();
    const { user, getByTestId, findByTestId } = screen;
    await user.click(getByTestId('layer-connection'));
    expect(getByTestId('layer-user').dataset['unsaved']).toBe('true');
    await user.click(getByTestId('nav-activity'));
    await findByTestId('policy-unsaved');
    await user.click(getByTestId('nav-policy'));
    await user.click(await findByTestId('layer-user'));
    await findByTestId('policy-json');
    expect(text(screen)).toBe(tighter);
  });

  it('is discarded at a click, and comes back at another', async () => {
    const screen = await openDraft();
    const { user, getByTestId, findByTestId, queryByTestId } = screen;
    await user.click(getByTestId('discard-policy'));
    expect(text(screen)).toBe(sampleUserPolicy);
    expect(queryByTestId('draft-bar')).toBeNull();
    await user.click(await findByTestId('toast-action'));
    expect(text(screen)).toBe(tighter);
  });
});

describe('history', () => {
  it('lists earlier states with what going back would change, and restores', async () => {
    const screen = await openPage();
    const { host, user, getByTestId, findByTestId } = screen;
    await user.click(getByTestId('view-history'));
    expect((await findByTestId('save-37')).textContent).toContain('Ask first');
    expect(getByTestId('save-41').textContent).toContain('1 line differs');
    await user.click(getByTestId('show-save-41'));
    expect(getByTestId('save-41').querySelector('.added')?.textContent).toContain('500');
    expect(await axeFindings()).toEqual([]);
    await user.click(getByTestId('restore-save-41'));
    await waitFor(() => expect(layer(host, 'user').text).toContain('"max": 500'));
    expect(host.called('restorePolicy')).toEqual([['user', 41]]);
  });

  it('asks before a draft is lost to it', async () => {
    const screen = await openDraft();
    const { host, user, getByTestId, findByTestId } = screen;
    await user.click(getByTestId('view-history'));
    await user.click(await findByTestId('restore-save-41'));
    await user.click(await findByTestId('confirm-no'));
    expect(host.called('restorePolicy')).toEqual([]);
    expect(getByTestId('draft-bar').dataset['dirty']).toBe('true');
  });

  it('says that there is none', async () => {
    const { user, getByTestId, findByTestId } = await openPage();
    await user.click(getByTestId('layer-connection'));
    await user.click(getByTestId('view-history'));
    await findByTestId('no-history');
    expect(await axeFindings()).toEqual([]);
  });
});

describe('import', () => {
  it('shows what a pasted policy becomes, differences by kind, and makes it the draft', async () => {
    const screen = await openPage();
    const { host, user, getByTestId, findByTestId } = screen;
    await user.click(getByTestId('import-policy'));
    await waitFor(() => expect(document.activeElement).toBe(getByTestId('import-text')));
    expect(getByTestId('import-use')).toHaveProperty('disabled', true);
    await fireEvent.input(getByTestId('import-text'), { target: { value: sampleShortForm } });
    expect((await findByTestId('import-dialect')).textContent).toContain('short form');
    expect(getByTestId('import-lost').querySelector('.count')?.textContent).toBe('1');
    expect(getByTestId('import-suggestion').textContent).toContain('require_approval');
    expect(await axeFindings()).toEqual([]);
    await user.click(getByTestId('import-use'));
    await waitFor(() => expect(text(screen)).toContain('odoo_search_read_rate'));
    expect(host.called('savePolicy')).toEqual([]);
    expect(state(screen)).toContain('Not saved');
  });

  it('takes a file that is dropped, or chosen', async () => {
    const { user, getByTestId, findByTestId } = await openPage();
    await user.click(getByTestId('import-policy'));
    const area = await findByTestId('import-text');
    const file = new File([sampleUserPolicy], 'policy.json', { type: 'application/json' });
    await fireEvent.drop(area, { dataTransfer: { files: [file] } });
    await findByTestId('import-same');
    const broken = new File(['{ no'], 'broken.json', { type: 'application/json' });
    await fireEvent.change(getByTestId('import-file'), { target: { files: [broken] } });
    expect((await findByTestId('import-problems')).textContent).toContain('1:3');
    expect(getByTestId('import-use')).toHaveProperty('disabled', true);
  });

  it('refuses a file that is no policy by its size', async () => {
    const { user, host, getByTestId, findByTestId } = await openPage();
    await user.click(getByTestId('import-policy'));
    const file = new File(['x'.repeat(1024 * 1024 + 1)], 'large.json');
    await fireEvent.drop(await findByTestId('import-text'), { dataTransfer: { files: [file] } });
    await findByTestId('import-too-large');
    expect(host.called('importPolicy')).toEqual([]);
  });
});
