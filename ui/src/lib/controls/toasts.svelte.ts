import type { EdgeError } from '../bindings/EdgeError';

export interface Toast {
  id: number;
  text: string;
  detail?: string;
  tone: 'plain' | 'bad';
  action?: { label: string; run: () => void };
}

const LIFETIME = 10_000;

/** Short messages that go away by themselves, unless the pointer or the focus rests on them. */
export class Toasts {
  items = $state.raw<readonly Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, action?: Toast['action']): void {
    this.#add({ id: this.#next++, text, tone: 'plain', action });
  }

  fail(error: EdgeError): void {
    this.#add({ id: this.#next++, text: error.message, detail: error.detail, tone: 'bad' });
  }

  close(id: number): void {
    this.hold(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  /** Keeps it until `release`. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(id: number): void {
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => this.close(id), LIFETIME),
    );
  }

  #add(toast: Toast): void {
    const kept = this.items.slice(-2);
    this.items.filter((old) => !kept.includes(old)).forEach((old) => this.hold(old.id));
    this.items = [...kept, toast];
    this.release(toast.id);
  }
}
