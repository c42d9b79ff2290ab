import { render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Now from '../../tests/Now.svelte';
import { clock } from './clock.svelte';

describe('the clock', () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => vi.useRealTimers());

  const begin = () => {
    const { container } = render(Now);
    return () => Number(container.textContent);
  };

  it('is drawn every second', async () => {
    const shown = begin();
    expect(shown()).toBe(1_000_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(shown()).toBe(1_000_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(shown()).toBe(1_001_000);
  });

  it('stands still while it rests, and then shows what time it is', async () => {
    const shown = begin();
    await vi.advanceTimersByTimeAsync(950);
    clock.rest(100);
    expect(clock.isResting).toBe(true);
    await vi.advanceTimersByTimeAsync(99);
    expect(shown()).toBe(1_000_000);
    await vi.advanceTimersByTimeAsync(1);
    expect([shown(), clock.isResting]).toEqual([1_001_050, false]);
  });

  it('rests no longer where somebody sets the time back', async () => {
    const shown = begin();
    clock.rest(100);
    vi.setSystemTime(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect([shown(), clock.isResting]).toEqual([1000, false]);
  });
});
