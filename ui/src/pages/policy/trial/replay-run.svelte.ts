import type { EdgeError } from '../../../lib/bindings/EdgeError';
import type { PolicyDraft } from '../../../lib/bindings/PolicyDraft';
import type { ReplayReport } from '../../../lib/bindings/ReplayReport';
import { edgeError } from '../../../lib/host/edge-error';
import { clock } from '../../../lib/clock.svelte';
import type { Host } from '../../../lib/host/host';

/** A report, and what it is about. */
export interface Done {
  report: ReplayReport;
  draft: PolicyDraft;
  at: number;
}

/** Replays the journal under a draft. A cancelled replay's answer is dropped; the report before it stays. */
export class ReplayRun {
  done = $state.raw<Done | null>(null);
  error = $state.raw<EdgeError | null>(null);
  /** When the one that runs was started. */
  since = $state<number | null>(null);

  readonly #host: Host;
  #latest = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async start(draft: PolicyDraft): Promise<void> {
    const mine = (this.#latest += 1);
    this.since = clock.now;
    this.error = null;
    try {
      const report = await this.#host.replayPolicy(draft);
      if (mine !== this.#latest) return;
      this.done = { report, draft, at: clock.now };
    } catch (reason) {
      if (mine !== this.#latest) return;
      this.error = edgeError(reason);
    }
    this.since = null;
  }

  cancel(): void {
    this.#latest += 1;
    this.since = null;
  }
}

/** Whether two drafts say the same. */
export const isSameDraft = (a: PolicyDraft | null, b: PolicyDraft | null): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
