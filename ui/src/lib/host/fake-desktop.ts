import type { EdgeError } from '../bindings/EdgeError';
import type { Navigation } from '../bindings/Navigation';
import type { TicketId } from '../bindings/TicketId';
import type { Topic } from '../bindings/Topic';
import { onPageDisturbed } from './disturbance';
import type { Unsubscribe, WindowHost } from './host';

/** What is around the fake windows: what they call, and what they are told. */
export class FakeDesktop implements WindowHost {
  /** How long a step of what runs by itself takes. */
  stepMillis = 0;
  /** Every command called, with its arguments. */
  readonly calls: [command: string, ...args: unknown[]][] = [];
  copied = '';
  /** The card that the person asked for, until the window takes it. */
  wanted: TicketId | null = null;
  readonly #failures = new Map<string, EdgeError>();
  readonly #changed = new Set<(topics: Topic[]) => void>();
  readonly #navigate = new Set<(navigation: Navigation) => void>();
  readonly #wanted = new Set<() => void>();
  readonly #disturbed = new Set<() => void>();
  protected seed = 200;
  /** What the program's own clock is ahead of the page's: setting the system's moves neither. */
  readonly #ahead: number;

  constructor(now: number) {
    this.#ahead = now - performance.now();
  }

  /** What time it is for the program. */
  get now(): number {
    return Math.round(this.#ahead + performance.now());
  }

  // For tests: what the program would do by itself.

  /** The next call of `command` is refused. */
  fail(command: string, error: EdgeError): void {
    this.#failures.set(command, error);
  }

  announce(...topics: Topic[]): void {
    this.#changed.forEach((listener) => listener(topics));
  }

  navigateTo(navigation: Navigation): void {
    this.#navigate.forEach((listener) => listener(navigation));
  }

  /** The person asked for one card. */
  want(ticket: TicketId): void {
    this.wanted = ticket;
    this.#wanted.forEach((listener) => listener());
  }

  disturb(): void {
    this.#disturbed.forEach((listener) => listener());
  }

  called(command: string): unknown[][] {
    return this.calls.filter(([name]) => name === command).map(([, ...args]) => args);
  }

  // What the windows ask for.

  onChanged(listener: (topics: Topic[]) => void): Unsubscribe {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  onNavigate(listener: (navigation: Navigation) => void): Unsubscribe {
    this.#navigate.add(listener);
    return () => this.#navigate.delete(listener);
  }

  onCardWanted(listener: () => void): Unsubscribe {
    this.#wanted.add(listener);
    return () => this.#wanted.delete(listener);
  }

  onWindowDisturbed(listener: () => void): Unsubscribe {
    this.#disturbed.add(listener);
    const end = onPageDisturbed(listener);
    return () => {
      this.#disturbed.delete(listener);
      end();
    };
  }

  async copyText(text: string): Promise<void> {
    this.copied = text;
  }

  async openExternal(url: string): Promise<void> {
    await this.enter('openExternal', url);
  }

  async windowReady(): Promise<void> {
    await this.enter('windowReady');
  }

  protected async enter(command: string, ...args: unknown[]): Promise<void> {
    this.calls.push([command, ...args]);
    await Promise.resolve();
    const error = this.#failures.get(command);
    if (error === undefined) return;
    this.#failures.delete(command);
    throw error;
  }
}

/** What is asked for was there and is gone. */
export const missing = (): EdgeError => ({ code: 'unknown_connection', message: 'It is not there any more.', retry: false });
