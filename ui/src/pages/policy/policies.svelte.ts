import { SvelteMap } from 'svelte/reactivity';
import { edgeError } from '../../lib/host/edge-error';
import type { Host } from '../../lib/host/host';
import type { EdgeError } from '../../lib/bindings/EdgeError';
import type { PolicyLayer } from '../../lib/bindings/PolicyLayer';
import type { PolicyPage } from '../../lib/bindings/PolicyPage';
import { LayerDraft } from './draft.svelte';

export const VIEWS = ['edit', 'try', 'replay', 'history'] as const;
export type View = (typeof VIEWS)[number];

export const KINDS = ['managed', 'user', 'connection', 'agent'] as const;
export type LayerKind = (typeof KINDS)[number];

export const kindOf = (layer: string): LayerKind => KINDS.find((kind) => layer.split(':', 1)[0] === kind) ?? 'user';

/** The Policy page's state. It outlives the page, so that going elsewhere loses no draft. */
export class Policies {
  page = $state.raw<PolicyPage | null>(null);
  failure = $state.raw<EdgeError | null>(null);
  /** The layer on screen. */
  draft = $state.raw<LayerDraft | null>(null);
  view = $state<View>('edit');
  readonly drafts = new SvelteMap<string, LayerDraft>();
  /** Layers whose draft differs from what is in force. */
  readonly unsaved = $derived([...this.drafts.values()].filter(({ isDirty }) => isDirty).map(({ layer }) => layer.id));

  readonly #host: Host;
  #wanted = 'user';
  #loads = 0;
  #schema: Promise<string> | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  async load(): Promise<void> {
    const mine = (this.#loads += 1);
    try {
      const page = await this.#host.policyPage();
      if (mine !== this.#loads) return;
      this.page = page;
      this.failure = null;
      for (const draft of this.drafts.values()) {
        const layer = page.layers.find(({ id }) => id === draft.layer.id);
        if (layer === undefined) this.#drop(draft);
        else draft.follow(layer);
      }
      this.open(this.#wanted);
    } catch (reason) {
      if (mine === this.#loads) this.failure = edgeError(reason);
    }
  }

  /** Shows a layer; yours when it is not there. Before the page is loaded it is remembered. */
  open(id: string): void {
    this.#wanted = id;
    const layers = this.page?.layers ?? [];
    const layer = layers.find((one) => one.id === id) ?? layers.find((one) => one.id === 'user');
    if (layer === undefined) return;
    let draft = this.drafts.get(layer.id);
    if (draft === undefined) {
      draft = new LayerDraft(this.#host, layer, () => this.page?.presets ?? []);
      this.drafts.set(layer.id, draft);
    }
    this.draft = draft;
  }

  of(kind: LayerKind): PolicyLayer[] {
    return (this.page?.layers ?? []).filter(({ id }) => kindOf(id) === kind);
  }

  /** The JSON Schema of policies, asked for once. */
  schema(): Promise<string> {
    this.#schema ??= this.#host.policySchema().catch((reason: unknown) => {
      this.#schema = null;
      throw reason;
    });
    return this.#schema;
  }

  #drop(draft: LayerDraft): void {
    draft.close();
    this.drafts.delete(draft.layer.id);
    if (this.draft === draft) this.draft = null;
  }
}
