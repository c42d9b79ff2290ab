import { fireEvent } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { arm, breathe, click, inStandingTime, press, sample, tab } from '../../tests/hands';
import { openApproval } from '../../tests/windows';
import { clock } from '../lib/clock.svelte';
import { BREATH, PRESS, SHOWS_LATE } from './decision';
import { ARM_DELAY } from './guard.svelte';

inStandingTime();

describe('a yes by accident', () => {
  it('is not taken before the button is armed', async () => {
    const { host, getByTestId } = await openApproval('write');
    await vi.advanceTimersByTimeAsync(ARM_DELAY - 100);
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
  });

  it('is not taken when the press came before the arming', async () => {
    const { host, getByTestId } = await openApproval('write');
    await fireEvent.pointerDown(getByTestId('approve'));
    await arm();
    await fireEvent.click(getByTestId('approve'), { detail: 1 });
    expect(host.called('decide')).toEqual([]);
  });

  it('is not taken when the press was on another button', async () => {
    const { host, getByTestId } = await openApproval('write');
    await arm();
    await fireEvent.pointerDown(getByTestId('deny'));
    await fireEvent.click(getByTestId('approve'), { detail: 1 });
    expect(host.called('decide')).toEqual([]);
  });

  it('is not taken from the click that raised, moved or resized the window', async () => {
    const { host, getByTestId } = await openApproval('write');
    await arm();
    host.disturb();
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await arm();
    await fireEvent.pointerDown(getByTestId('approve'));
    host.disturb();
    await fireEvent.click(getByTestId('approve'), { detail: 1 });
    await fireEvent.focus(window);
    expect(host.called('decide')).toEqual([]);
    await arm();
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(1);
  });

  it('is not taken for the next card', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    await arm();
    await click(getByTestId('approve'));
    await click(getByTestId('approve'));
    await breathe();
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(1);
    await arm();
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(2);
  });

  it('is not taken when the question changed under the pointer', async () => {
    const { host, getByTestId, findByText } = await openApproval('write');
    await arm();
    host.waitingCards = [{ ...sample('write'), digest: 'b'.repeat(64) }];
    host.announce('approvals');
    await findByText(/The data changed while you were looking/);
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    expect(host.called('presentCard').at(-1)?.[1]).toBe('b'.repeat(64));
  });

  it('is not taken from a key that was held when the card appeared, nor from its repeats', async () => {
    const { host, getByTestId } = await openApproval('write');
    await arm();
    const approve = getByTestId('approve');
    approve.focus();
    await press(approve, 'Enter', { held: true });
    await press(approve, 'Enter', { repeat: true, held: true });
    expect(host.called('decide')).toEqual([]);
    await fireEvent.keyUp(approve, { key: 'Enter' });
    await press(approve, 'Enter', { repeat: true });
    await press(approve, ' ', { repeat: true });
    expect(host.called('decide')).toEqual([]);
    await press(approve, 'Enter');
    expect(host.called('decide')).toHaveLength(1);
  });

  it('is a yes when a person goes there by keyboard', async () => {
    const { host, getByTestId } = await openApproval('write');
    await arm();
    await tab(getByTestId('deny'));
    getByTestId('approve').focus();
    await press(getByTestId('approve'), ' ');
    expect(host.called('decide')).toHaveLength(1);
  });

  it('is not made by Enter in the reason', async () => {
    const { host, getByTestId } = await openApproval('write');
    await arm();
    await click(getByTestId('deny-reason'));
    await fireEvent.keyDown(getByTestId('deny-reason-text'), { key: 'Enter' });
    expect(host.called('decide')).toEqual([]);
  });
});

describe('a no by accident', () => {
  it('is not taken from typing that was meant for another program', async () => {
    const { host, getByTestId } = await openApproval('write');
    await press(getByTestId('deny'), 'Enter');
    expect(host.called('decide')).toEqual([]);
    await arm();
    await press(getByTestId('deny'), 'Enter');
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'deny', reason: null });
  });

  it('does not hit the next card with the second half of a double click', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    await click(getByTestId('deny'));
    await click(getByTestId('deny'), 2);
    await breathe();
    await click(getByTestId('deny'), 2);
    expect(host.called('decide')).toHaveLength(1);
  });
});

describe('a decision under way', () => {
  it('takes no other, turns no card, and shows itself where it takes long', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    let end = () => {};
    vi.spyOn(host, 'decide').mockReturnValue(new Promise((resolve) => (end = resolve)));
    await arm();
    await click(getByTestId('approve'));
    expect(getByTestId('deny')).toHaveProperty('disabled', false);
    await click(getByTestId('deny'));
    await click(getByTestId('next-card'));
    host.announce('approvals');
    await vi.advanceTimersByTimeAsync(SHOWS_LATE);
    expect(host.decide).toHaveBeenCalledTimes(1);
    expect(getByTestId('card').dataset['ticket']).toBe(sample('write').ticket);
    expect(getByTestId('deny')).toHaveProperty('disabled', true);
    expect(getByTestId('approve').getAttribute('aria-disabled')).toBe('true');
    host.waitingCards = [sample('create')];
    end();
    await breathe();
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
    expect(getByTestId('deny')).toHaveProperty('disabled', false);
  });

  it('lets no second be drawn from the press on, until what was approved has gone', async () => {
    const rest = vi.spyOn(clock, 'rest');
    const { getByTestId } = await openApproval('write');
    await arm();
    await fireEvent.pointerDown(getByTestId('approve'));
    expect(rest.mock.calls).toEqual([[PRESS]]);
    await fireEvent.click(getByTestId('approve'), { detail: 1 });
    expect(rest.mock.calls).toEqual([[PRESS], [BREATH]]);
  });

  it('lets the next card be seen, but not be decided, while it carries on', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    let end = () => {};
    vi.spyOn(host, 'decide').mockReturnValue(new Promise((resolve) => (end = resolve)));
    await arm();
    await click(getByTestId('approve'));
    host.waitingCards = [sample('create')];
    host.announce('approvals');
    expect(getByTestId('card').dataset['ticket']).toBe(sample('write').ticket);
    await breathe();
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
    await arm();
    expect(getByTestId('deny')).toHaveProperty('disabled', true);
    expect(getByTestId('approve').getAttribute('aria-disabled')).toBe('true');
    end();
    await vi.advanceTimersByTimeAsync(20);
    expect(getByTestId('deny')).toHaveProperty('disabled', false);
    expect(getByTestId('approve').getAttribute('aria-disabled')).toBe('false');
  });
});
