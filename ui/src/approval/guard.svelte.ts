/** So long nothing may have changed on screen before Approve counts. */
export const ARM_DELAY = 700;

/**
 * Keeps a yes from being given by accident: by a click meant for what stood there before, by a key that was already
 * held, by a click that only raised the window. A no is easier to give, but not by the second half of a double click.
 */
export class Guard {
  #armed = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** On the page's own clock: where somebody sets the system's back, keys would not count for as long. */
  #shownAt = 0;
  /** A key was let go since the last disturbance, so the next key down is meant. */
  #isKeyFree = false;
  /** Enter or Space is down and does not count. */
  #isKeyRefused = false;
  /** Where the pointer went down, and whether Approve was armed then. */
  #press: { on: EventTarget | null; armed: boolean } | null = null;

  get armed(): boolean {
    return this.#armed;
  }

  /** A card appeared. */
  show(): void {
    this.#shownAt = performance.now();
    this.disturb();
  }

  /** The window was raised, focused, moved or resized: wait anew. */
  disturb(): void {
    this.#armed = false;
    this.#press = null;
    this.#isKeyFree = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#armed = true), ARM_DELAY);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#armed = false;
  }

  pointerDown(event: Event): void {
    this.#press = { on: buttonOf(event), armed: this.#armed };
  }

  pointerCancel(): void {
    this.#press = null;
  }

  keyDown(event: KeyboardEvent): void {
    const button = buttonOf(event);
    if (button === null || (event.key !== 'Enter' && event.key !== ' ')) return;
    const isEarly = performance.now() - this.#shownAt < ARM_DELAY;
    const isHeld = 'approves' in button.dataset && !this.#isKeyFree;
    this.#isKeyRefused = event.repeat || isEarly || isHeld;
    if (this.#isKeyRefused) event.preventDefault();
  }

  keyUp(event: KeyboardEvent): void {
    this.#isKeyFree = true;
    if (!this.#isKeyRefused) return;
    this.#isKeyRefused = false;
    // Space presses a button when it is let go.
    if (buttonOf(event) !== null) event.preventDefault();
  }

  /** Whether a click on a button that approves counts. */
  mayApprove(click: MouseEvent): boolean {
    const press = this.#press;
    this.#press = null;
    if (!this.#armed || this.#isKeyRefused) return false;
    // Keys and assistive technology click without a pointer.
    return click.detail === 0 || (press !== null && press.armed && press.on === buttonOf(click));
  }

  /** Whether a click on a button that refuses counts. */
  mayRefuse(click: MouseEvent): boolean {
    return !this.#isKeyRefused && click.detail <= 1;
  }
}

const buttonOf = (event: Event): HTMLButtonElement | null =>
  event.target instanceof Element ? event.target.closest('button') : null;
