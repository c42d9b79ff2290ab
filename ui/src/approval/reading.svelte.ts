/** How far off the end still counts as the end: fractions of pixels at odd zoom levels. */
const TOLERANCE = 4;

/** Knows whether everything in a scrolling box has been on screen. */
export class Reading {
  #finished = $state(false);

  get finished(): boolean {
    return this.#finished;
  }

  /** Attach to the box. What grows or flows anew has to be scrolled through again. */
  watch = (box: HTMLElement): (() => void) => {
    let height = -1;
    const look = () => {
      if (box.scrollHeight !== height) this.#finished = false;
      height = box.scrollHeight;
      if (box.scrollTop + box.clientHeight >= height - TOLERANCE) this.#finished = true;
    };
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    for (const child of box.children) sizes.observe(child);
    box.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      sizes.disconnect();
      box.removeEventListener('scroll', look);
    };
  };
}
