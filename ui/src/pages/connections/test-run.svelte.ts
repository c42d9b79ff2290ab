import type { ConnectionDraft } from '../../lib/bindings/ConnectionDraft';
import type { EdgeError } from '../../lib/bindings/EdgeError';
import type { ProbeStep } from '../../lib/bindings/ProbeStep';
import type { SecretInput } from '../../lib/bindings/SecretInput';
import { edgeError } from '../../lib/host/edge-error';
import type { Host } from '../../lib/host/host';

export const STEPS = ['address', 'dns', 'tcp', 'tls', 'version', 'protocol', 'database', 'sign_in', 'rights'] as const;
export type StepName = (typeof STEPS)[number];

/** One test of a connection, step by step. */
export class TestRun {
  /** Latest news of each step, in the order in which they came. */
  steps = $state.raw<readonly ProbeStep[]>([]);
  state = $state<'running' | 'passed' | 'failed' | 'cancelled'>('running');
  error = $state.raw<EdgeError | null>(null);

  readonly #host: Host;
  readonly #id = `test-${Math.random().toString(36).slice(2)}`;

  constructor(host: Host, draft: ConnectionDraft, secret: SecretInput | null) {
    this.#host = host;
    void this.#run(draft, secret);
  }

  cancel(): void {
    if (this.state !== 'running') return;
    this.state = 'cancelled';
    this.#host.cancelTest(this.#id).catch(() => undefined);
  }

  async #run(draft: ConnectionDraft, secret: SecretInput | null): Promise<void> {
    try {
      await this.#host.testConnection(this.#id, draft, secret, (step) => this.#heard(step));
      if (this.state !== 'running') return;
      this.state = this.steps.some((step) => step.state === 'failed') ? 'failed' : 'passed';
    } catch (reason) {
      if (this.state !== 'running') return;
      this.error = edgeError(reason);
      this.state = 'failed';
    }
  }

  #heard(step: ProbeStep): void {
    if (this.state === 'cancelled') return;
    const known = this.steps.some((old) => old.step === step.step);
    this.steps = known ? this.steps.map((old) => (old.step === step.step ? step : old)) : [...this.steps, step];
  }
}
