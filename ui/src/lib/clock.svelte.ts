import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

/** The time in milliseconds; whatever reads it in a component is drawn again every second. */
export const clock = {
  get now(): number {
    subscribe();
    return Date.now();
  },
};
