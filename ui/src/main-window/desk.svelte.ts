import { createContext } from 'svelte';
import { clock } from '../lib/clock.svelte';
import { Questions } from '../lib/controls/questions.svelte';
import { Toasts } from '../lib/controls/toasts.svelte';
import { edgeError } from '../lib/host/edge-error';
import type { Host, Unsubscribe } from '../lib/host/host';
import { emptyDraft } from '../lib/connection-status';
import { t } from '../lib/messages';
import type { Connection } from '../lib/bindings/Connection';
import type { ConnectionDraft } from '../lib/bindings/ConnectionDraft';
import type { ConnectionId } from '../lib/bindings/ConnectionId';
import type { EdgeError } from '../lib/bindings/EdgeError';
import type { Navigation } from '../lib/bindings/Navigation';
import type { Overview } from '../lib/bindings/Overview';
import type { Proposal } from '../lib/bindings/Proposal';
import type { TicketId } from '../lib/bindings/TicketId';
import type { Topic } from '../lib/bindings/Topic';
import { Policies } from '../pages/policy/policies.svelte';

export const PAGES = ['connections', 'approvals', 'agents', 'policy', 'activity', 'settings'] as const;
export type PageName = (typeof PAGES)[number];

/** What the Connections page shows beside its list. */
export type Selection =
  | { kind: 'none' }
  | { kind: 'existing'; id: ConnectionId }
  | { kind: 'new'; draft: ConnectionDraft; proposal: Proposal | null }
  | { kind: 'trash' };

/** What the parts of the main window share: what the program last told, and where the person is. */
export class Desk {
  readonly host: Host;
  readonly toasts = new Toasts();
  readonly questions = new Questions();
  readonly policies: Policies;

  overview = $state.raw<Overview | null>(null);
  failure = $state.raw<EdgeError | null>(null);
  page = $state<PageName>('connections');
  selection = $state.raw<Selection>({ kind: 'none' });
  connecting = $state(false);
  /** Grows whenever the topic changed; pages that show it read it. */
  readonly revision = $state({ approvals: 0, activity: 0, policy: 0 });
  /** Set by an open form that holds changes. */
  unsaved = $state(false);

  constructor(host: Host) {
    this.host = host;
    this.policies = new Policies(host);
  }

  /** Begins to follow the program. */
  start(): Unsubscribe {
    const ends = [
      this.host.onChanged((topics) => void this.#changed(topics)),
      this.host.onNavigate((navigation) => void this.#navigate(navigation)),
      clock.onApart(() => void this.refresh()),
    ];
    void this.refresh()
      .then(() => this.host.windowReady())
      .catch(() => undefined);
    return () => ends.forEach((end) => end());
  }

  async refresh(): Promise<void> {
    try {
      const overview = await this.host.overview();
      clock.tell(overview.now);
      this.overview = overview;
      this.failure = null;
    } catch (reason) {
      this.failure = edgeError(reason);
    }
  }

  /** Runs a command; a failure is said, and answered with false. */
  async attempt(command: () => Promise<unknown>): Promise<boolean> {
    try {
      await command();
      return true;
    } catch (reason) {
      this.toasts.fail(edgeError(reason));
      return false;
    }
  }

  /** Asks the person in the approval window, and shows it at that card. */
  ask(question: () => Promise<TicketId>): Promise<boolean> {
    return this.attempt(async () => this.host.review(await question()));
  }

  async go(page: PageName): Promise<void> {
    if (page !== this.page && (await this.mayLeaveForm())) this.page = page;
  }

  async select(selection: Selection): Promise<boolean> {
    if (!(await this.mayLeaveForm())) return false;
    this.page = 'connections';
    this.selection = selection;
    return true;
  }

  addConnection(): Promise<boolean> {
    return this.select({ kind: 'new', draft: emptyDraft(), proposal: null });
  }

  openProposal(proposal: Proposal): Promise<boolean> {
    return this.select({ kind: 'new', draft: proposal.draft, proposal });
  }

  /** Shows one layer of policy. */
  async openPolicy(layer: string): Promise<void> {
    this.policies.open(layer);
    await this.go('policy');
  }

  async tryDemo(): Promise<void> {
    await this.attempt(async () => {
      const connection = await this.host.startDemo();
      await this.refresh();
      await this.select({ kind: 'existing', id: connection.id });
    });
  }

  async pauseAll(paused: boolean): Promise<void> {
    await this.attempt(() => this.host.pauseAll(paused));
    await this.refresh();
  }

  connection(id: ConnectionId): Connection | undefined {
    return this.overview?.connections.find((connection) => connection.id === id);
  }

  /** Whether nothing would be lost, or the person gave it up. */
  async mayLeaveForm(): Promise<boolean> {
    if (!this.unsaved) return true;
    const discard = await this.questions.ask({
      title: t.connections.discardTitle,
      body: t.connections.discardBody,
      yes: t.connections.discard,
      no: t.connections.keepEditing,
      danger: true,
    });
    if (discard) this.unsaved = false;
    return discard;
  }

  async #changed(topics: Topic[]): Promise<void> {
    if (topics.includes('approvals')) this.revision.approvals += 1;
    if (topics.includes('activity')) this.revision.activity += 1;
    // Each connection and each agent has a layer of its own.
    if (topics.some((topic) => ['policy', 'connections', 'agents'].includes(topic))) this.revision.policy += 1;
    // The journal alone is not part of the overview.
    if (topics.some((topic) => topic !== 'activity')) await this.refresh();
  }

  async #navigate(navigation: Navigation): Promise<void> {
    const page = PAGES.find((name) => name === navigation.page);
    if (page === undefined) return;
    await this.refresh();
    if (page === 'connections' && navigation.connection !== null) {
      await this.select({ kind: 'existing', id: navigation.connection });
      return;
    }
    if (page === 'policy' && navigation.connection !== null) {
      await this.openPolicy(`connection:${navigation.connection}`);
      return;
    }
    const proposals = this.overview?.proposals ?? [];
    const proposal = proposals[proposals.length - 1];
    if (page === 'connections' && proposal !== undefined && !this.unsaved) await this.openProposal(proposal);
    else await this.go(page);
  }
}

export const [getDesk, setDesk] = createContext<Desk>();
