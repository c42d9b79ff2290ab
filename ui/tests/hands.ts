import { fireEvent } from '@testing-library/svelte';
import { afterEach, beforeEach, vi } from 'vitest';
import { BREATH } from '../src/approval/decision';
import { ARM_DELAY } from '../src/approval/guard.svelte';
import type { Card } from '../src/lib/bindings/Card';
import { sampleCards, type SampleCard } from '../src/lib/host/sample-cards';

/** Time stands still but for what a test lets pass. */
const stopTheClock = () => vi.useFakeTimers({ shouldAdvanceTime: true, now: new Date('2026-11-21T10:00:00Z') });

/** So it does in every test of a file, and after each everything is as it was. */
export function inStandingTime() {
  beforeEach(() => void stopTheClock());
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

export const arm = () => vi.advanceTimersByTimeAsync(ARM_DELAY + 20);

/** A click as a person makes it: pressed and released on the same button. */
export async function click(button: HTMLElement, detail = 1) {
  await fireEvent.pointerDown(button);
  await fireEvent.pointerUp(button);
  await fireEvent.click(button, { detail });
  await vi.advanceTimersByTimeAsync(10);
}

/** What was decided goes first; then the window brings what comes after it. */
export const breathe = () => vi.advanceTimersByTimeAsync(BREATH + 20);

/** A key as a browser makes it: Enter clicks when it goes down, Space when it comes up. */
export async function press(button: HTMLElement, key: 'Enter' | ' ', { repeat = false, held = false } = {}) {
  const goes = await fireEvent.keyDown(button, { key, repeat });
  if (goes && key === 'Enter') await fireEvent.click(button, { detail: 0 });
  if (held) return;
  const comes = await fireEvent.keyUp(button, { key });
  if (goes && comes && key === ' ') await fireEvent.click(button, { detail: 0 });
  await vi.advanceTimersByTimeAsync(10);
}

export const tab = async (on: HTMLElement) => {
  await fireEvent.keyDown(on, { key: 'Tab' });
  await fireEvent.keyUp(on, { key: 'Tab' });
};

export const type = (into: HTMLElement, value: string) => fireEvent.input(into, { target: { value } });

export const sample = (name: SampleCard): Card => sampleCards(Date.now())[name];
