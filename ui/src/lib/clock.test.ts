import { render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Now from '../../tests/Now.svelte';
import { clock } from './clock.svelte';

describe('the clock', () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => vi.useRealTimers());

  const begin = () => {
    clock.tell(1_000_000);
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
    expect([shown(), clock.isResting]).toEqual([1_001_000, false]);
  });

  it('is Gatehouse’s, whatever the system’s is set to', async () => {
    const shown = begin();
    for (const set of [5_000_000, 0]) {
      vi.setSystemTime(set);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(shown()).toBe(1_002_000);
    clock.tell(3_000_000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(shown()).toBe(3_001_000);
  });

  it('tells when the time was set or the computer slept, and never otherwise', async () => {
    const asked = vi.fn();
    const end = clock.onApart(asked);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).not.toHaveBeenCalled();
    for (const set of [-3_600_000, 3_600_000]) {
      asked.mockClear();
      vi.setSystemTime(Date.now() + set);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(asked).toHaveBeenCalledTimes(1);
    }
    end();
    vi.setSystemTime(0);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
