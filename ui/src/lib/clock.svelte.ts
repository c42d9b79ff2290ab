import { createSubscriber } from 'svelte/reactivity';

/** Until then nothing is drawn because time goes by: on the page's own clock, which nobody sets. */
let restsUntil = 0;

/**
 * What Gatehouse's clock is ahead of the page's own, in milliseconds. The system's clock is never asked: somebody may
 * have set it since Gatehouse started, and then whatever expires would be over too early, or never.
 */
let ahead = $state.raw(performance.timeOrigin);

const subscribe = createSubscriber((update) => {
  const timer = setInterval(() => {
    const rest = restsUntil - performance.now();
    if (rest > 0) setTimeout(update, rest);
    else update();
  }, 1000);
  return () => clearInterval(timer);
});

/** How often the system's clock is compared with the page's own, and how far they may drift apart in that time. */
const COMPARED_EVERY = 5_000;
const DRIFT = 1_000;

/** Gatehouse's time. */
export const clock = {
  /** In milliseconds; whatever reads it in a component is drawn again every second. */
  get now(): number {
    subscribe();
    return ahead + performance.now();
  },

  /** What time Gatehouse says it is, in milliseconds. */
  tell(now: number): void {
    ahead = now - performance.now();
  },

  /**
   * Calls `listener` when the page's own clock has gone apart from the system's: the computer slept, which the page's
   * does not count, or somebody set the time. Then Gatehouse has to be asked again what time it is.
   */
  onApart(listener: () => void): () => void {
    let apart = Date.now() - performance.now();
    const timer = setInterval(() => {
      const was = apart;
      apart = Date.now() - performance.now();
      if (Math.abs(apart - was) > DRIFT) listener();
    }, COMPARED_EVERY);
    return () => clearInterval(timer);
  },

  /** For so many milliseconds nothing is drawn because time goes by. */
  rest(milliseconds: number): void {
    restsUntil = performance.now() + milliseconds;
  },

  get isResting(): boolean {
    return performance.now() < restsUntil;
  },
};
