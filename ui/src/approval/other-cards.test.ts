import { fireEvent } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { arm, click, inStandingTime, sample } from '../../tests/hands';
import { openApproval } from '../../tests/windows';

inStandingTime();

describe('other cards', () => {
  it('admission: admits for the ticked connections only', async () => {
    const { host, getByTestId } = await openApproval('admission');
    expect(document.activeElement).toBe(getByTestId('refuse'));
    expect(getByTestId('admission-program').textContent).toContain('gemini-cli');
    await fireEvent.click(getByTestId('admit-connection-Acme staging'));
    await arm();
    await click(getByTestId('admit'));
    const staging = sample('admission').content;
    const id = staging.kind === 'admission' ? staging.connections[1]?.id : null;
    expect(host.called('decide')[0]?.[2]).toEqual({
      verdict: 'admit',
      connections: [id],
      policy: { kind: 'keep' },
    });
  });

  it('admission: says which program was admitted before, and keeps what was granted ticked', async () => {
    const { getByTestId } = await openApproval('changed');
    expect(getByTestId('was-another').textContent).toContain('/usr/lib/claude-desktop/claude');
    expect((getByTestId('admit-connection-Bergmann Logistik') as HTMLInputElement).checked).toBe(true);
  });

  it('admission: a newcomer goes by each connection, unless a preset is chosen for it', async () => {
    const { host, getByTestId, getByRole, queryByTestId } = await openApproval('admission');
    const none = getByRole('radio', { name: /As each connection says/ });
    expect((none as HTMLInputElement).checked).toBe(true);
    expect(getByRole('radiogroup', { name: 'Its own policy' }).contains(none)).toBe(true);
    expect(queryByTestId('own-policy-absent')).toBeNull();
    expect(queryByTestId('own-policy-loosens')).toBeNull();
    await fireEvent.click(getByRole('radio', { name: /Read only It may look, never change/ }));
    await arm();
    await click(getByTestId('admit'));
    expect(host.called('decide')[0]?.[2]).toEqual({
      verdict: 'admit',
      connections: [],
      policy: { kind: 'preset', preset: 'read_only' },
    });
  });

  it('admission: an agent that has a policy of its own keeps it, and what may loosen it says so', async () => {
    const { host, getByTestId, getByRole } = await openApproval('changed');
    const keep = getByRole('radio', { name: /Its own policy, as it is Read only/ });
    expect((keep as HTMLInputElement).checked).toBe(true);
    const loosens = (name: string) =>
      getByTestId(`own-policy-${name}`).closest('label')?.textContent.includes('May let it do more');
    expect(['keep', 'absent', 'locked', 'ask_first'].map(loosens)).toEqual([false, true, false, true]);
    await fireEvent.click(getByTestId('own-policy-absent'));
    await arm();
    await click(getByTestId('admit'));
    expect(host.called('decide')[0]?.[2]).toMatchObject({ verdict: 'admit', policy: { kind: 'absent' } });
  });

  it('admission: refuses', async () => {
    const { host, getByTestId } = await openApproval('admission');
    await click(getByTestId('refuse'));
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'deny', reason: null });
  });

  it('loosening: from what to what', async () => {
    const { host, getByTestId } = await openApproval('loosening');
    const change = getByTestId('change-environment');
    expect(change.querySelector('[data-testid=before]')?.textContent).toBe('Staging');
    expect(change.querySelector('[data-testid=after]')?.textContent).toBe('Development');
    await arm();
    await click(getByTestId('approve'));
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'approve', typed_count: null, unseen: null });
  });

  it('policy edited outside: who noticed it, where it lets agents do more, and the difference', async () => {
    const { getByTestId } = await openApproval('edit');
    expect(getByTestId('card').textContent).toContain('Noticed by Gatehouse');
    expect(getByTestId('card').textContent).toContain('/home/ada/.config/gatehouse/policy.json');
    expect(getByTestId('card-layer').textContent).toContain('Your policy');
    const loosened = getByTestId('card-loosened');
    expect(loosened.querySelectorAll('li')).toHaveLength(2);
    expect(loosened.textContent).toContain('rises from 20 to 500');
    expect(getByTestId('diff').querySelectorAll('.added')).toHaveLength(2);
    expect(loosened.compareDocumentPosition(getByTestId('diff')) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  });

  it('policy loosened in the window: it was you, and whose policy it is', async () => {
    const { host, getByTestId } = await openApproval('policy');
    expect(getByTestId('card').textContent).toContain('You asked for this');
    expect(getByTestId('card').textContent).not.toContain('outside Gatehouse');
    expect(getByTestId('card-layer').textContent).toContain('Bergmann Logistik');
    expect(getByTestId('card-loosened').textContent).toContain('odoo_write is asked about where it was denied.');
    await arm();
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(1);
  });

  it('policy that is removed, or that loosens nothing, is told so', async () => {
    const card = sample('edit');
    if (card.content.kind !== 'policy') throw new Error('no policy');
    const { getByTestId } = await openApproval({ ...card, content: { ...card.content, after: '', loosened: [] } });
    expect(getByTestId('card').textContent).toContain('The policy is removed.');
    expect(getByTestId('card-loosens-nothing').textContent).toContain('Nothing in it');
  });

  it('policy with errors can only be denied', async () => {
    const { host, getByTestId } = await openApproval('broken');
    await arm();
    expect(getByTestId('edit-errors').textContent).toContain('line 9');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await click(getByTestId('deny'));
    expect(host.called('decide')).toHaveLength(1);
  });
});
