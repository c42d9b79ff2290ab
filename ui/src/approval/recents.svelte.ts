import { SvelteMap } from 'svelte/reactivity';
import type { RecentCall } from '../lib/bindings/RecentCall';

/** So long a call stays in the window after it was approved, and again after it ended. */
export const LINGER = 10_000;

/** Calls that were approved a moment ago, each for as long as it lingers. Pointer or focus on them stop the clock. */
export class Recents {
  #calls = $state.raw<readonly RecentCall[]>([]);
  /** Milliseconds that are left to each call in its state. */
  readonly #left = new SvelteMap<string, number>();
  #isHovered = false;
  #isFocused = false;
  #counted = 0;

  get shown(): readonly RecentCall[] {
    return this.#calls.filter((call) => this.left(call) > 0);
  }

  /** What the program told, and its time. What is known keeps its own. */
  take(calls: readonly RecentCall[], now: number): void {
    const keys = new Set(calls.map(keyOf));
    for (const key of [...this.#left.keys()]) if (!keys.has(key)) this.#left.delete(key);
    for (const call of calls) {
      const since = sinceOf(call) ?? now;
      if (!this.#left.has(keyOf(call))) this.#left.set(keyOf(call), Math.min(LINGER, since + LINGER - now));
    }
    this.#calls = calls;
  }

  /** Milliseconds that it still stays. */
  left(call: RecentCall): number {
    return this.#left.get(keyOf(call)) ?? 0;
  }

  /** Begins to count from `now`, on any clock that nobody sets. */
  wind(now: number): void {
    this.#counted = now;
  }

  /** Takes the time since it was last called off what is left. What runs has all its time before it. */
  count(now: number): void {
    const passed = now - this.#counted;
    this.#counted = now;
    if (this.#isHovered || this.#isFocused) return;
    for (const call of this.#calls) {
      if (call.state.state !== 'running') this.#left.set(keyOf(call), Math.max(0, this.left(call) - passed));
    }
  }

  hover(isHovered: boolean): void {
    this.#isHovered = isHovered;
  }

  focus(isFocused: boolean): void {
    this.#isFocused = isFocused;
  }
}

/** A call that goes on to another state lingers anew. */
const keyOf = ({ ticket, state }: RecentCall): string => `${ticket} ${state.state}`;

/** Since when it is where it stands; unknown of what runs. */
function sinceOf({ approved_at, state }: RecentCall): number | null {
  if (state.state === 'running') return null;
  return state.state === 'waits' ? approved_at : state.at;
}
