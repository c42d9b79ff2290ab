import { createSubscriber } from 'svelte/reactivity';

/** Until then nothing is drawn because time goes by: on the page's own clock, which nobody sets. */
let restsUntil = 0;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(() => {
    const rest = restsUntil - performance.now();
    if (rest > 0) setTimeout(update, rest);
    else update();
  }, 1000);
  return () => clearInterval(timer);
});

/** The time in milliseconds; whatever reads it in a component is drawn again every second. */
export const clock = {
  get now(): number {
    subscribe();
    return Date.now();
  },

  /** For so many milliseconds nothing is drawn because time goes by. */
  rest(milliseconds: number): void {
    restsUntil = performance.now() + milliseconds;
  },

  get isResting(): boolean {
    return performance.now() < restsUntil;
  },
};
