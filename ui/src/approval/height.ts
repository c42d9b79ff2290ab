/** Calls `listener` whenever the box became higher or lower. */
export const onHeightChange =
  (listener: () => void) =>
  (box: HTMLElement): (() => void) => {
    let height = box.offsetHeight;
    const sizes = new ResizeObserver(() => {
      if (box.offsetHeight === height) return;
      height = box.offsetHeight;
      listener();
    });
    sizes.observe(box);
    return () => sizes.disconnect();
  };
