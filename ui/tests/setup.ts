import { cleanup } from '@testing-library/svelte';
import { afterEach, beforeAll, vi } from 'vitest';

// As the desktop app does before any script of ours runs (`app.security.freezePrototype`).
Object.freeze(Object.prototype);

beforeAll(() => {
  // What jsdom has no layout for.
  vi.stubGlobal('ResizeObserver', FakeResizeObserver);
  Element.prototype.scrollIntoView = () => undefined;
});

afterEach(() => cleanup());

class FakeResizeObserver implements ResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
