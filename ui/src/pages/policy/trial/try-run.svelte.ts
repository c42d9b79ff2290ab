import type { EdgeError } from '../../../lib/bindings/EdgeError';
import type { PolicyDraft } from '../../../lib/bindings/PolicyDraft';
import type { Tried } from '../../../lib/bindings/Tried';
import type { TryCall } from '../../../lib/bindings/TryCall';
import { edgeError } from '../../../lib/host/edge-error';
import type { Host } from '../../../lib/host/host';

/** What a call comes to, as things are and under a draft. */
export interface Outcome {
  call: TryCall;
  now: Tried;
  /** Under the draft, where there was one. */
  draft: Tried | null;
}

/** Tries one call after another; only the latest answers. Without an answer under the draft the other one stands. */
export class TryRun {
  outcome = $state.raw<Outcome | null>(null);
  error = $state.raw<EdgeError | null>(null);
  running = $state(false);

  readonly #host: Host;
  #latest = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async run(call: TryCall, draft: PolicyDraft | null): Promise<void> {
    const mine = (this.#latest += 1);
    this.running = true;
    const [now, under] = await Promise.allSettled([
      this.#host.tryCall(call, null),
      draft === null ? null : this.#host.tryCall(call, draft),
    ]);
    if (mine !== this.#latest) return;
    const failed = [now, under].find((one) => one.status === 'rejected');
    this.error = failed === undefined ? null : edgeError(failed.reason);
    if (now.status === 'fulfilled') {
      this.outcome = { call, now: now.value, draft: under.status === 'fulfilled' ? under.value : null };
    }
    this.running = false;
  }
}
