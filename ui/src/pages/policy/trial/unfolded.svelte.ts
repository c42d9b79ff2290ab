import { SvelteMap } from 'svelte/reactivity';

/** Which parts of an explanation the person opened or closed; the others are as they begin. */
export class Unfolded {
  readonly #chosen = new SvelteMap<string, boolean>();
  #all = $state<boolean | null>(null);

  /** Whether a part is open; `initially` tells for one that nobody touched. */
  has(path: string, initially: boolean): boolean {
    return this.#chosen.get(path) ?? this.#all ?? initially;
  }

  set(path: string, open: boolean): void {
    this.#chosen.set(path, open);
  }

  /** Opens or closes everything, or goes back to the beginning. */
  setAll(open: boolean | null): void {
    this.#chosen.clear();
    this.#all = open;
  }
}
