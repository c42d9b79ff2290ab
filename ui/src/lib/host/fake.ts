import type { ActivityFilter } from '../bindings/ActivityFilter';
import type { ActivityDetail } from '../bindings/ActivityDetail';
import type { ActivityPage } from '../bindings/ActivityPage';
import type { Approvals } from '../bindings/Approvals';
import type { CallId } from '../bindings/CallId';
import type { Card } from '../bindings/Card';
import type { Connection } from '../bindings/Connection';
import type { ConnectionDraft } from '../bindings/ConnectionDraft';
import type { EdgeError } from '../bindings/EdgeError';
import type { JournalEntry } from '../bindings/JournalEntry';
import type { Navigation } from '../bindings/Navigation';
import type { Overview } from '../bindings/Overview';
import type { ParsedUrl } from '../bindings/ParsedUrl';
import type { PolicyCheck } from '../bindings/PolicyCheck';
import type { PolicyDraft } from '../bindings/PolicyDraft';
import type { PolicyEdit } from '../bindings/PolicyEdit';
import type { PolicyImport } from '../bindings/PolicyImport';
import type { PolicyOutline } from '../bindings/PolicyOutline';
import type { PolicyPage } from '../bindings/PolicyPage';
import type { PolicyPath } from '../bindings/PolicyPath';
import type { PolicySaved } from '../bindings/PolicySaved';
import type { ProbeStep } from '../bindings/ProbeStep';
import type { RecentCall } from '../bindings/RecentCall';
import type { RecordedCall } from '../bindings/RecordedCall';
import type { RecordedExplanation } from '../bindings/RecordedExplanation';
import type { ReplayReport } from '../bindings/ReplayReport';
import type { SaveOutcome } from '../bindings/SaveOutcome';
import type { SecretInput } from '../bindings/SecretInput';
import type { TicketId } from '../bindings/TicketId';
import type { Topic } from '../bindings/Topic';
import type { Tried } from '../bindings/Tried';
import type { TryCall } from '../bindings/TryCall';
import type { UndoOffer } from '../bindings/UndoOffer';
import type { Verdict } from '../bindings/Verdict';
import type { VerifyReport } from '../bindings/VerifyReport';
import { onPageDisturbed } from './disturbance';
import { goodProbe, parseAddress } from './fake-connections';
import { FakePolicies } from './fake-policies';
import type { Host, Unsubscribe } from './host';
import { sampleConnection, sampleId, sampleOverview, sampleTickets } from './sample';
import { sampleCards } from './sample-cards';
import { sampleJournal, samplePayload } from './sample-journal';
import { samplePaths } from './sample-policy';
import { sampleTryCall } from './sample-replay';
import { sampleSchema } from './sample-schema';

const PAGE_LENGTH = 50;

/** A host in memory: for development in a browser, for pictures, and for tests. */
export class FakeHost implements Host {
  state: Overview;
  tickets: Approvals;
  waitingCards: Card[];
  /** The card that the person asked for, until the window takes it. */
  wanted: TicketId | null = null;
  /** Whether approved calls run and linger. */
  runs = false;
  /** Calls that were approved a moment ago. */
  recent: RecentCall[] = [];
  /** Calls of the journal that were taken back. */
  undone: CallId[];
  journal: JournalEntry[];
  policies: FakePolicies;
  report: VerifyReport = { ok: true, entries: 128, unsealed: 3, problems: [] };
  /** Steps that a test goes through, and how long each takes. */
  probe: ProbeStep[] = goodProbe();
  stepMillis = 0;
  /** Every command called, with its arguments. */
  readonly calls: [command: string, ...args: unknown[]][] = [];
  copied = '';

  readonly #failures = new Map<string, EdgeError>();
  readonly #changed = new Set<(topics: Topic[]) => void>();
  readonly #navigate = new Set<(navigation: Navigation) => void>();
  readonly #wanted = new Set<() => void>();
  readonly #disturbed = new Set<() => void>();
  readonly #cancelled = new Set<string>();
  #seed = 200;

  constructor(now: number = Date.now(), overview: Overview = sampleOverview(now)) {
    this.state = overview;
    this.tickets =
      overview.connections.length === 0 ? { open: [], ended: [] } : sampleTickets(now, overview.connections);
    this.waitingCards = overview.connections.length === 0 ? [] : Object.values(sampleCards(now));
    this.policies = new FakePolicies(now, overview);
    this.journal = overview.connections.length === 0 ? [] : sampleJournal(now);
    this.undone = this.journal.flatMap(({ event }) => ('undoes' in event ? (event.undoes ?? []) : []));
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

  // The window `main`.

  async overview(): Promise<Overview> {
    await this.#enter('overview');
    return structuredClone(this.state);
  }

  async parseUrl(text: string): Promise<ParsedUrl> {
    await this.#enter('parseUrl', text);
    return parseAddress(text);
  }

  async databases(url: string): Promise<string[]> {
    await this.#enter('databases', url);
    return url.includes('odoo.com') ? [] : ['acme', 'acme_test', 'training'];
  }

  async saveConnection(draft: ConnectionDraft, secret: SecretInput | null): Promise<SaveOutcome> {
    await this.#enter('saveConnection', draft, secret);
    const old = this.state.connections.find(({ id }) => id === draft.id);
    const { id: _, url, proposal, ...rest } = draft;
    const origin = old !== undefined && url === old.origin ? old.origin : parseAddress(url).origin;
    const connection: Connection = {
      ...(old ?? sampleConnection((this.#seed += 1), Date.now(), { ...rest, origin })),
      ...rest,
      origin,
      status: old?.status ?? {
        kind: 'ok',
        checked_at: Date.now(),
        version: '19.0',
        user: 'Mitchell Admin',
        company: 'Acme GmbH',
      },
    };
    this.state = {
      ...this.state,
      connections: [...this.state.connections.filter(({ id }) => id !== draft.id), connection],
      proposals: this.state.proposals.filter(({ ticket }) => ticket !== proposal),
    };
    const loosens = old?.environment === 'production' && draft.environment !== 'production';
    if (!loosens) return { result: 'saved', connection };
    const kept = { ...connection, environment: old.environment };
    this.#replace(kept);
    return { result: 'needs_approval', ticket: `tkt_${'0'.repeat(20)}`, connection: kept };
  }

  async testConnection(
    testId: string,
    draft: ConnectionDraft,
    secret: SecretInput | null,
    onStep: (step: ProbeStep) => void,
  ): Promise<void> {
    await this.#enter('testConnection', testId, draft, secret);
    for (const step of this.probe) {
      onStep({ ...step, state: 'running', message: '', fix: null });
      if (this.stepMillis > 0) await new Promise((resolve) => setTimeout(resolve, this.stepMillis));
      else await Promise.resolve();
      if (this.#cancelled.has(testId)) return;
      onStep(step);
      if (step.state === 'failed') return;
    }
  }

  async cancelTest(testId: string): Promise<void> {
    await this.#enter('cancelTest', testId);
    this.#cancelled.add(testId);
  }

  async trashConnection(id: string): Promise<void> {
    await this.#enter('trashConnection', id);
    const gone = this.#find(id);
    this.state = {
      ...this.state,
      connections: this.state.connections.filter((connection) => connection.id !== id),
      trash: [{ ...gone, deleted_at: Date.now() }, ...this.state.trash],
    };
  }

  async restoreConnection(id: string): Promise<void> {
    await this.#enter('restoreConnection', id);
    const back = this.state.trash.find((connection) => connection.id === id);
    if (back === undefined) throw missing();
    this.state = {
      ...this.state,
      connections: [...this.state.connections, { ...back, deleted_at: null }],
      trash: this.state.trash.filter((connection) => connection.id !== id),
    };
  }

  async purgeConnection(id: string): Promise<void> {
    await this.#enter('purgeConnection', id);
    this.state = { ...this.state, trash: this.state.trash.filter((connection) => connection.id !== id) };
  }

  async disconnectConnection(id: string): Promise<void> {
    await this.#enter('disconnectConnection', id);
    this.#replace({ ...this.#find(id), status: { kind: 'signed_out' } });
  }

  async reconnectConnection(id: string): Promise<Connection> {
    await this.#enter('reconnectConnection', id);
    const connection: Connection = {
      ...this.#find(id),
      status: { kind: 'ok', checked_at: Date.now(), version: '19.0', user: 'Mitchell Admin', company: 'Acme GmbH' },
    };
    this.#replace(connection);
    return connection;
  }

  async startDemo(): Promise<Connection> {
    await this.#enter('startDemo');
    const demo = sampleConnection(10, Date.now(), {
      name: 'Demo',
      origin: 'http://127.0.0.1:40113',
      database: 'demo',
      environment: 'development',
      demo: true,
      status: { kind: 'ok', checked_at: Date.now(), version: '19.0', user: 'Mitchell Admin', company: 'YourCompany' },
    });
    this.state = { ...this.state, connections: [...this.state.connections, demo], demo_running: true };
    return demo;
  }

  async dismissProposal(ticket: TicketId): Promise<void> {
    await this.#enter('dismissProposal', ticket);
    this.state = { ...this.state, proposals: this.state.proposals.filter((proposal) => proposal.ticket !== ticket) };
  }

  async approvals(): Promise<Approvals> {
    await this.#enter('approvals');
    return structuredClone(this.tickets);
  }

  async withdrawTicket(ticket: TicketId): Promise<void> {
    await this.#enter('withdrawTicket', ticket);
    const found = this.tickets.open.find(({ id }) => id === ticket);
    if (found === undefined) throw missing();
    this.tickets = {
      open: this.tickets.open.filter(({ id }) => id !== ticket),
      ended: [{ ...found, state: { state: 'withdrawn', at: Date.now() } }, ...this.tickets.ended],
    };
  }

  async review(ticket: TicketId | null): Promise<void> {
    await this.#enter('review', ticket);
  }

  async activity(filter: ActivityFilter): Promise<ActivityPage> {
    await this.#enter('activity', filter);
    const fits = this.journal.filter(({ seq, event }) => {
      const header = 'tool' in event ? event : this.#intentOf(event);
      return (
        (filter.before === null || seq < filter.before) &&
        (filter.agent === null || (header?.agent ?? ('agent' in event ? event.agent : null)) === filter.agent) &&
        (filter.connection === null ||
          (header?.connection ?? ('connection' in event ? event.connection : null)) === filter.connection) &&
        (filter.tool === null || header?.tool === filter.tool) &&
        (filter.decision === null || header?.decision === filter.decision)
      );
    });
    return { entries: fits.slice(0, PAGE_LENGTH), undone: this.undone, more: fits.length > PAGE_LENGTH };
  }

  async activityDetail(seq: number): Promise<ActivityDetail> {
    await this.#enter('activityDetail', seq);
    const entry = this.journal.find((candidate) => candidate.seq === seq);
    if (entry === undefined) throw missing();
    return { entry, payload: samplePayload(entry), payload_note: null, undo: this.#undoOf(entry) };
  }

  async verifyJournal(): Promise<VerifyReport> {
    await this.#enter('verifyJournal');
    return this.report;
  }

  async policyPage(): Promise<PolicyPage> {
    await this.#enter('policyPage');
    return structuredClone(this.policies.page);
  }

  async checkPolicy(layer: string, edit: PolicyEdit): Promise<PolicyCheck> {
    await this.#enter('checkPolicy', layer, edit);
    return this.policies.check(layer, edit);
  }

  async printPolicy(layer: string, outline: PolicyOutline): Promise<PolicyCheck> {
    await this.#enter('printPolicy', layer, outline);
    return this.policies.print(layer, outline);
  }

  async savePolicy(layer: string, edit: PolicyEdit): Promise<PolicySaved> {
    await this.#enter('savePolicy', layer, edit);
    return this.policies.save(layer, edit);
  }

  async openModel(layer: string, model: string): Promise<PolicySaved> {
    await this.#enter('openModel', layer, model);
    return this.policies.openModel(layer, model);
  }

  async closeModel(layer: string, model: string): Promise<void> {
    await this.#enter('closeModel', layer, model);
    this.policies.closeModel(layer, model);
    this.announce('policy');
  }

  async restorePolicy(layer: string, save: number): Promise<PolicySaved> {
    await this.#enter('restorePolicy', layer, save);
    return this.policies.restore(layer, save);
  }

  async importPolicy(text: string): Promise<PolicyImport> {
    await this.#enter('importPolicy', text);
    return this.policies.import(text);
  }

  async policySchema(): Promise<string> {
    await this.#enter('policySchema');
    return sampleSchema();
  }

  async policyPaths(tool: string): Promise<PolicyPath[]> {
    await this.#enter('policyPaths', tool);
    return samplePaths(tool);
  }

  async tryCall(call: TryCall, draft: PolicyDraft | null): Promise<Tried> {
    await this.#enter('tryCall', call, draft);
    return this.policies.try(call, draft);
  }

  async recordedCalls(): Promise<RecordedCall[]> {
    await this.#enter('recordedCalls');
    return this.policies.calls;
  }

  async recordedCall(seq: number): Promise<TryCall> {
    await this.#enter('recordedCall', seq);
    return sampleTryCall(this.policies.recorded(seq));
  }

  async replayPolicy(draft: PolicyDraft): Promise<ReplayReport> {
    await this.#enter('replayPolicy', draft);
    return this.policies.replay(draft);
  }

  async explainRecorded(seq: number, draft: PolicyDraft): Promise<RecordedExplanation> {
    await this.#enter('explainRecorded', seq, draft);
    return this.policies.explain(seq, draft);
  }

  async pauseAgent(agent: string, paused: boolean): Promise<void> {
    await this.#enter('pauseAgent', agent, paused);
    this.state = {
      ...this.state,
      agents: this.state.agents.map((view) =>
        view.id === agent ? { ...view, status: paused ? 'paused' : 'admitted' } : view,
      ),
    };
  }

  async revokeAgent(agent: string): Promise<void> {
    await this.#enter('revokeAgent', agent);
    this.state = { ...this.state, agents: this.state.agents.filter(({ id }) => id !== agent) };
  }

  async revokeGrant(agent: string, connection: string): Promise<void> {
    await this.#enter('revokeGrant', agent, connection);
    const agents = this.state.agents.map((known) =>
      known.id === agent ? { ...known, grants: known.grants.filter((grant) => grant !== connection) } : known,
    );
    this.state = { ...this.state, agents };
  }

  async grantConnection(agent: string, connection: string): Promise<TicketId> {
    await this.#enter('grantConnection', agent, connection);
    return sampleId('tkt', 73);
  }

  async revokeStanding(ticket: string): Promise<void> {
    await this.#enter('revokeStanding', ticket);
    const agents = this.state.agents.map((agent) => ({
      ...agent,
      standing: agent.standing.filter((standing) => standing.ticket !== ticket),
    }));
    this.state = { ...this.state, agents };
  }

  async pauseAll(paused: boolean): Promise<void> {
    await this.#enter('pauseAll', paused);
    this.state = { ...this.state, paused };
  }

  async undoCall(call: string): Promise<TicketId> {
    await this.#enter('undoCall', call);
    return sampleId('tkt', 70);
  }

  async undoAgent(agent: string): Promise<TicketId> {
    await this.#enter('undoAgent', agent);
    return sampleId('tkt', 71);
  }

  async changePin(remove: boolean): Promise<TicketId> {
    await this.#enter('changePin', remove);
    return sampleId('tkt', 72);
  }

  async retryVault(): Promise<void> {
    await this.#enter('retryVault');
    this.state = { ...this.state, vault: { state: 'system' } };
  }

  async useSessionVault(): Promise<void> {
    await this.#enter('useSessionVault');
    this.state = { ...this.state, vault: { state: 'session_only' } };
  }

  async openExternal(url: string): Promise<void> {
    await this.#enter('openExternal', url);
  }

  async windowReady(): Promise<void> {
    await this.#enter('windowReady');
  }

  // The window `approval`.

  async cards(): Promise<Card[]> {
    await this.#enter('cards');
    return structuredClone(this.waitingCards);
  }

  async wantedCard(): Promise<TicketId | null> {
    await this.#enter('wantedCard');
    const wanted = this.wanted;
    this.wanted = null;
    return wanted;
  }

  async presentCard(ticket: TicketId, digest: string): Promise<void> {
    await this.#enter('presentCard', ticket, digest);
  }

  async decide(ticket: TicketId, digest: string, verdict: Verdict, pin: string | null): Promise<void> {
    await this.#enter('decide', ticket, digest, verdict, pin);
    const card = this.waitingCards.find((candidate) => candidate.ticket === ticket);
    if (this.runs && verdict.verdict === 'approve' && card?.content.kind === 'call') this.#run(card);
    this.waitingCards = this.waitingCards.filter((card) => card.ticket !== ticket);
  }

  async settlePin(ticket: TicketId, digest: string, current: string | null, pin: string | null): Promise<void> {
    await this.#enter('settlePin', ticket, digest, current, pin);
    this.waitingCards = this.waitingCards.filter((card) => card.ticket !== ticket);
    this.state = { ...this.state, has_pin: pin !== null };
  }

  async recentCalls(): Promise<RecentCall[]> {
    await this.#enter('recentCalls');
    return structuredClone(this.recent);
  }

  async undoRecent(call: string): Promise<TicketId> {
    await this.#enter('undoRecent', call);
    const card = sampleCards(Date.now()).undo;
    this.waitingCards = [...this.waitingCards, card];
    return card.ticket;
  }

  async exportCard(ticket: TicketId, digest: string): Promise<string> {
    await this.#enter('exportCard', ticket, digest);
    return '/home/ada/Downloads/gatehouse-crm.lead-120.csv';
  }

  async closeApproval(): Promise<void> {
    await this.#enter('closeApproval');
  }

  // The desktop.

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

  async #enter(command: string, ...args: unknown[]): Promise<void> {
    this.calls.push([command, ...args]);
    await Promise.resolve();
    const error = this.#failures.get(command);
    if (error === undefined) return;
    this.#failures.delete(command);
    throw error;
  }

  #find(id: string): Connection {
    const found = this.state.connections.find((connection) => connection.id === id);
    if (found === undefined) throw missing();
    return found;
  }

  #replace(connection: Connection): void {
    this.state = {
      ...this.state,
      connections: this.state.connections.map((old) => (old.id === connection.id ? connection : old)),
    };
  }

  /** Lets an approved call run, as in the window of a person who looks. */
  #run(card: Card): void {
    const entry: RecentCall = {
      ticket: card.ticket,
      call: sampleId('call', (this.#seed += 1)),
      sentence: card.sentence,
      connection: card.connection,
      approved_at: Date.now(),
      state: { state: 'running' },
    };
    const others = this.recent;
    this.recent = [entry, ...others];
    setTimeout(() => {
      const undo: UndoOffer = { offer: 'possible', leaves: [] };
      this.recent = [
        { ...entry, state: { state: 'done', at: Date.now(), summary: '2 records changed', undo } },
        ...others,
      ];
      this.announce('approvals');
    }, this.stepMillis * 3);
  }

  #undoOf({ at, event }: JournalEntry): UndoOffer | null {
    const header = event.kind === 'call' || event.kind === 'intent' ? event : this.#intentOf(event);
    if (header === undefined || header.category === 'read' || header.undoes !== undefined) return null;
    if (this.undone.includes(header.call)) return { offer: 'undone', at: at + 90_000 };
    if (header.category === 'write')
      return { offer: 'possible', leaves: ['The note that Odoo wrote into the chatter.'] };
    return { offer: 'impossible', why: 'Odoo keeps nothing of a deleted record.' };
  }

  #intentOf(event: JournalEntry['event']) {
    if (event.kind !== 'settled') return undefined;
    const intent = this.journal.find(({ event: other }) => other.kind === 'intent' && other.call === event.call)?.event;
    return intent?.kind === 'intent' ? intent : undefined;
  }
}

const missing = (): EdgeError => ({ code: 'unknown_connection', message: 'It is not there any more.', retry: false });
