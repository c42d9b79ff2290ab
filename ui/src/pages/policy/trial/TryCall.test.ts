import { fireEvent, waitFor } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import { axeFindings } from '../../../../tests/axe';
import { allow, askedTree, layer, tree } from '../../../../tests/explanations';
import { openPart } from '../../../../tests/on-desk';
import type { PolicyDraft } from '../../../lib/bindings/PolicyDraft';
import type { Tried } from '../../../lib/bindings/Tried';
import { FakeHost } from '../../../lib/host/fake';
import { sampleTools } from '../../../lib/host/sample-policy';
import { wishes } from './navigation.svelte';
import TryCall from './TryCall.svelte';

const draft = (text: string): PolicyDraft => ({ layer: 'user', edit: { kind: 'custom', text } });
const facts: Tried['facts'] = {
  tool: 'odoo_write',
  risk: { category: 'write', severity: 'medium' },
  model: 'res.partner',
  method: 'write',
  ids: [14, 10],
  records: 2,
  fields: ['phone'],
  reads: null,
  commands: [{ model: 'res.partner.bank', command: 'update', fields: ['acc_number'] }],
  effects: ['mail_possible'],
  sensitive: false,
};
const asked: Tried = { tree: askedTree(), facts, error: null };
const allowed: Tried = { tree: tree(allow, [layer('user', allow, [])]), facts, error: null };

afterEach(() => void wishes.take());

/** The part over a host that asks about every call as things are, and allows it under a draft. */
async function open(given: PolicyDraft | null = null) {
  const host = new FakeHost();
  const tried = vi.spyOn(host, 'tryCall').mockImplementation(async (_, by) => (by === null ? asked : allowed));
  const { agents, connections } = host.state;
  const screen = await openPart(TryCall, { draft: given, tools: sampleTools(), agents, connections }, host);
  screen.desk.policies.view = 'try';
  const type = async (text: string) => {
    await screen.user.click(screen.getByTestId('try-arguments'));
    await fireEvent.input(screen.getByTestId('try-arguments'), { target: { value: text } });
  };
  return { ...screen, tried, type };
}

it('says that nothing runs, and waits to be asked', async () => {
  const { getByTestId, tried } = await open();
  expect(getByTestId('try-call').textContent).toContain('Nothing runs');
  expect(getByTestId('try-empty').textContent).toContain('everything that led to it');
  expect(tried).not.toHaveBeenCalled();
  expect(await axeFindings()).toEqual([]);
});

it('tries the call that was put together, and shows the answer and the facts', async () => {
  const { user, getByTestId, findByTestId, tried, type } = await open();
  await user.selectOptions(getByTestId('try-agent'), 'claude-desktop');
  await user.selectOptions(getByTestId('try-tool'), 'odoo_write');
  await type('{"model": "res.partner", "ids": [14, 10]}');
  await user.click(getByTestId('try-run'));
  expect((await findByTestId('tree-headline')).dataset['answer']).toBe('ask');
  expect(tried.mock.calls).toEqual([
    [
      {
        agent: 'claude-desktop',
        connection: 'con_00000000000000000001',
        tool: 'odoo_write',
        arguments: '{"model": "res.partner", "ids": [14, 10]}',
      },
      null,
    ],
  ]);
  expect(getByTestId('try-said').textContent).toBe('Answer: Asked');
  expect(getByTestId('fact-records').textContent).toBe('2');
  expect(getByTestId('fact-reads').textContent).toContain('not known');
  expect(getByTestId('fact-commands').textContent).toContain('update res.partner.bank (acc_number)');
  expect(getByTestId('fact-effects').textContent).toContain('may send a message');
  expect(await axeFindings()).toEqual([]);
});

it('refuses arguments that are not an object, in words, and asks nothing', async () => {
  const { user, getByTestId, tried, type } = await open();
  await type('{"ids": [1,}');
  expect(getByTestId('try-problem').textContent).not.toContain('not JSON');
  await user.click(getByTestId('try-run'));
  expect(getByTestId('try-problem').textContent).toContain('line 1, character 12');
  expect(getByTestId('try-arguments').getAttribute('aria-invalid')).toBe('true');
  expect(tried).not.toHaveBeenCalled();
});

it('offers the tool’s arguments with what was seen there', async () => {
  const { user, getByTestId, findByTestId, queryByTestId } = await open();
  await user.selectOptions(getByTestId('try-tool'), 'odoo_write');
  const offer = await findByTestId('offer-args.model');
  await user.click(offer);
  const text = getByTestId('try-arguments') as HTMLTextAreaElement;
  expect(Object.keys(JSON.parse(text.value) as object)).toEqual(['model']);
  expect(queryByTestId('offer-args.model')).toBeNull();
  expect(document.activeElement).toBe(text);
});

it('takes a call from the journal, found by words, and tries it at once', async () => {
  const { user, getByTestId, findAllByTestId, findByTestId, getAllByTestId, queryByTestId, tried } = await open();
  await user.click(getByTestId('try-from-journal'));
  await findAllByTestId('recorded-call');
  expect(await axeFindings()).toEqual([]);
  await user.type(getByTestId('recorded-search'), 'claude-desktop odoo_execute sale');
  const found = getAllByTestId('recorded-call');
  expect(found[0]?.textContent).toContain('odoo_execute');
  await user.keyboard('{ArrowDown}{Enter}');
  await findByTestId('tree-headline');
  expect(queryByTestId('recorded')).toBeNull();
  await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Answer'));
  expect(getByTestId('try-entry').textContent).toContain('Entry');
  expect((getByTestId('try-tool') as HTMLSelectElement).value).toBe('odoo_execute');
  expect(tried.mock.calls[0]?.[0]).toMatchObject({ agent: 'claude-desktop', tool: 'odoo_execute' });
});

it('begins with the call that another page wished for, again and again', async () => {
  wishes.current = { seq: 4200 };
  const { host, findByTestId } = await open();
  await findByTestId('tree-headline');
  expect(host.called('recordedCall')).toEqual([[4200]]);
  expect(wishes.current).toBeNull();
  wishes.current = { seq: 4200 };
  await waitFor(() => expect(host.called('recordedCall')).toHaveLength(2));
});

it('compares the policy in force with the draft', async () => {
  const { user, getByTestId, findAllByTestId, getByText, tried } = await open(draft('a'));
  await user.click(getByTestId('try-run'));
  const said = await findAllByTestId('tree-headline');
  expect(said.map((one) => one.dataset['answer'])).toEqual(['ask', 'allow']);
  expect(getByText('Under the draft')).toBeTruthy();
  expect(getByTestId('try-said').textContent).toBe('Answer as things are: Asked. Under the draft: Allowed.');
  expect(tried.mock.calls.map(([, by]) => by)).toEqual([null, draft('a')]);
});

it('says when the draft makes no difference', async () => {
  const { user, getByTestId, findByTestId, getAllByTestId, tried } = await open(draft('a'));
  tried.mockResolvedValue(asked);
  await user.click(getByTestId('try-run'));
  await findByTestId('try-alike');
  expect(getAllByTestId('tree-headline')).toHaveLength(1);
});

it('tries again by itself when the draft changes, once the typing rests', async () => {
  const { user, desk, change, getByTestId, findAllByTestId, tried } = await open(draft('a'));
  await change({ draft: draft('b') });
  expect(tried).not.toHaveBeenCalled();
  await user.click(getByTestId('try-run'));
  await findAllByTestId('tree-headline');
  tried.mockClear();
  for (const text of ['bc', 'bcd', 'bcde']) await change({ draft: draft(text) });
  await waitFor(() => expect(tried).toHaveBeenCalled(), { timeout: 2000 });
  expect(tried.mock.calls.map(([, by]) => by)).toEqual([null, draft('bcde')]);
  tried.mockClear();
  await change({ draft: null });
  await waitFor(() => expect(tried.mock.calls.map(([, by]) => by)).toEqual([null]), { timeout: 2000 });
  await waitFor(() => expect(getByTestId('try-result').dataset['compared']).toBe('false'));
  tried.mockClear();
  desk.policies.view = 'edit';
  await change({ draft: draft('c') });
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(tried).not.toHaveBeenCalled();
  desk.policies.view = 'try';
  await waitFor(() => expect(tried.mock.calls.map(([, by]) => by)).toEqual([null, draft('c')]), { timeout: 2000 });
});

it('shows only the latest answer', async () => {
  const { user, getByTestId, findByTestId, tried, type } = await open();
  let late: (answer: Tried) => void = () => undefined;
  tried.mockImplementationOnce(() => new Promise((resolve) => (late = resolve)));
  await user.click(getByTestId('try-run'));
  await type('{"limit": 1}');
  await user.click(getByTestId('try-run'));
  expect((await findByTestId('tree-headline')).dataset['answer']).toBe('ask');
  late(allowed);
  await Promise.resolve();
  expect(getByTestId('tree-headline').dataset['answer']).toBe('ask');
});

it('says when the form no longer says what was tried', async () => {
  const { user, getByTestId, findByTestId } = await open();
  await user.click(getByTestId('try-run'));
  await findByTestId('tree-headline');
  expect(getByTestId('try-state').textContent?.trim()).toBe('');
  await user.selectOptions(getByTestId('try-connection'), 'None');
  expect(getByTestId('try-state').textContent).toContain('changed since');
});

it('says what a call is refused with before any policy is asked', async () => {
  const { user, getByTestId, findByTestId, queryByTestId, tried } = await open();
  const error = { code: 'invalid_arguments' as const, message: '“model” is missing.', retry: false };
  tried.mockResolvedValue({ tree: null, facts: null, error });
  await user.click(getByTestId('try-run'));
  expect((await findByTestId('failure')).textContent).toContain('“model” is missing.');
  expect(getByTestId('try-result').textContent).toContain('before any policy');
  expect(queryByTestId('decision-tree')).toBeNull();
});

it('keeps the answer as things are when the draft cannot be judged', async () => {
  const { user, getByTestId, findByTestId, tried } = await open(draft('{'));
  tried.mockImplementation((_, by) =>
    by === null
      ? Promise.resolve(asked)
      : Promise.reject({ code: 'invalid_arguments', message: 'The draft has errors.', retry: false }),
  );
  await user.click(getByTestId('try-run'));
  expect((await findByTestId('failure')).textContent).toContain('The draft has errors.');
  expect(getByTestId('tree-headline').dataset['answer']).toBe('ask');
});
