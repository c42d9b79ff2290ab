import { describe, expect, it, vi } from 'vitest';
import { arm, click, inStandingTime, sample, type } from '../../tests/hands';
import { openApproval } from '../../tests/windows';

inStandingTime();

const valueOf = (box: HTMLElement) => (box as HTMLInputElement).value;

describe('a card that asks for the PIN', () => {
  it('is approved with it, and not before', async () => {
    const { host, getByTestId } = await openApproval('pin');
    await arm();
    expect(getByTestId('pin').getAttribute('type')).toBe('password');
    expect(getByTestId('pin').getAttribute('autocomplete')).toBe('off');
    await click(getByTestId('approve'));
    await type(getByTestId('pin'), '123');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await type(getByTestId('pin'), '1234');
    await click(getByTestId('approve'));
    expect(host.called('decide')[0]?.[3]).toBe('1234');
  });

  it('forgets what was typed with the call, and says how many tries are left', async () => {
    const { host, getByTestId } = await openApproval('pin');
    await arm();
    await type(getByTestId('pin'), '9999');
    host.fail('decide', { code: 'denied', message: 'This is not your PIN.', retry: true });
    host.waitingCards = host.waitingCards.map((card) => ({ ...card, pin: { tries_left: 4, refused_until: null } }));
    await click(getByTestId('approve'));
    expect(valueOf(getByTestId('pin'))).toBe('');
    expect(getByTestId('failure').textContent).toContain('not your PIN');
    expect(getByTestId('verdicts').textContent).toContain('4 wrong ones may still be typed.');
  });

  it('is denied without it, and what was typed is not sent', async () => {
    const { host, getByTestId } = await openApproval('pin');
    await type(getByTestId('pin'), '1234');
    await click(getByTestId('deny'));
    expect(host.called('decide')[0]?.slice(2)).toEqual([{ verdict: 'deny', reason: null }, null]);
  });

  it('takes none while too many were wrong, and counts the time', async () => {
    const { host, getByTestId } = await openApproval('wrongpin');
    await arm();
    await type(getByTestId('pin'), '1234');
    expect(getByTestId('blocker').textContent).toMatch(/None is taken for (4:5\d|5:00)/);
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await vi.advanceTimersByTimeAsync(301_000);
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(1);
  });

  it('is not asked for on other cards', async () => {
    const { queryByTestId } = await openApproval('write');
    expect(queryByTestId('pin')).toBeNull();
  });
});

describe('the PIN itself', () => {
  it('is set once it was typed twice alike', async () => {
    const { host, getByTestId, queryByTestId } = await openApproval('setpin');
    await arm();
    expect(queryByTestId('pin-current')).toBeNull();
    await type(getByTestId('pin-new'), 'sesame');
    await type(getByTestId('pin-again'), 'sesam');
    expect(getByTestId('blocker').textContent).toContain('differ');
    await click(getByTestId('approve'));
    expect(host.called('settlePin')).toEqual([]);
    await type(getByTestId('pin-again'), 'sesame');
    await click(getByTestId('approve'));
    const { ticket, digest } = sample('setpin');
    expect(host.called('settlePin')).toEqual([[ticket, digest, null, 'sesame']]);
    expect(host.called('decide')).toEqual([]);
  });

  it('is changed with the one in force', async () => {
    const { host, getByTestId } = await openApproval('changepin');
    await arm();
    await type(getByTestId('pin-new'), 'sesame');
    await type(getByTestId('pin-again'), 'sesame');
    expect(getByTestId('blocker').textContent).toContain('PIN in force');
    await type(getByTestId('pin-current'), 'simsim');
    await click(getByTestId('approve'));
    expect(host.called('settlePin')[0]?.slice(2)).toEqual(['simsim', 'sesame']);
  });

  it('is removed with the one in force, and what that means is said', async () => {
    const { host, getByTestId, queryByTestId } = await openApproval('removepin');
    await arm();
    expect(queryByTestId('pin-new')).toBeNull();
    expect(getByTestId('card').textContent).toContain('Nothing asks for a PIN any more.');
    await type(getByTestId('pin-current'), 'simsim');
    await click(getByTestId('approve'));
    expect(host.called('settlePin')[0]?.slice(2)).toEqual(['simsim', null]);
  });

  it('stays as it is when the person thinks again', async () => {
    const { host, getByTestId } = await openApproval('setpin');
    expect(document.activeElement).toBe(getByTestId('deny'));
    await click(getByTestId('deny'));
    expect(host.called('decide')[0]?.slice(2)).toEqual([{ verdict: 'deny', reason: null }, null]);
  });
});
