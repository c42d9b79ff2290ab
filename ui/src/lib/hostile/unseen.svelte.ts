import { getContext, setContext, untrack } from 'svelte';

const KEY = Symbol('unseen');

/** Counts what is still collapsed on a card, so that nobody approves what nobody read. */
export class Unseen {
  #count = $state(0);

  get count(): number {
    return this.#count;
  }

  /** Something is collapsed; the answer says that it no longer is. */
  hide(): () => void {
    untrack(() => (this.#count += 1));
    return () => untrack(() => (this.#count -= 1));
  }
}

/** The count of the card around a component; none outside of cards. */
export const getUnseen = (): Unseen | undefined => getContext<Unseen | undefined>(KEY);

/** Starts a count for everything inside the component that calls it. */
export function setUnseen(): Unseen {
  return setContext(KEY, new Unseen());
}
