import type { Connection } from '../bindings/Connection';
import type { ConnectionDraft } from '../bindings/ConnectionDraft';
import type { Overview } from '../bindings/Overview';
import type { ParsedUrl } from '../bindings/ParsedUrl';
import type { ProbeStep } from '../bindings/ProbeStep';
import type { SaveOutcome } from '../bindings/SaveOutcome';
import type { SecretInput } from '../bindings/SecretInput';
import type { TicketId } from '../bindings/TicketId';
import { goodProbe, parseAddress } from './fake-connections';
import { FakeDesktop, missing } from './fake-desktop';
import { sampleConnection, sampleId } from './sample';

/** The commands of the main window that change what its frame and the list of connections show. */
export class FakeOverview extends FakeDesktop {
  state: Overview;
  /** Steps that a test of a connection goes through. */
  probe: ProbeStep[] = goodProbe();
  readonly #cancelled = new Set<string>();

  constructor(now: number, overview: Overview) {
    super(now);
    this.state = overview;
  }

  async overview(): Promise<Overview> {
    await this.enter('overview');
    return structuredClone({ ...this.state, now: this.now });
  }

  async parseUrl(text: string): Promise<ParsedUrl> {
    await this.enter('parseUrl', text);
    return parseAddress(text);
  }

  async databases(url: string): Promise<string[]> {
    await this.enter('databases', url);
    return url.includes('odoo.com') ? [] : ['acme', 'acme_test', 'training'];
  }

  async saveConnection(draft: ConnectionDraft, secret: SecretInput | null): Promise<SaveOutcome> {
    await this.enter('saveConnection', draft, secret);
    const old = this.state.connections.find(({ id }) => id === draft.id);
    const { id: _, url, proposal, ...rest } = draft;
    const origin = old !== undefined && url === old.origin ? old.origin : parseAddress(url).origin;
    const connection: Connection = {
      ...(old ?? sampleConnection((this.seed += 1), this.now, { ...rest, origin })),
      ...rest,
      origin,
      status: old?.status ?? {
        kind: 'ok',
        checked_at: this.now,
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
    await this.enter('testConnection', testId, draft, secret);
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
    await this.enter('cancelTest', testId);
    this.#cancelled.add(testId);
  }

  async trashConnection(id: string): Promise<void> {
    await this.enter('trashConnection', id);
    const gone = this.#find(id);
    this.state = {
      ...this.state,
      connections: this.state.connections.filter((connection) => connection.id !== id),
      trash: [{ ...gone, deleted_at: this.now }, ...this.state.trash],
    };
  }

  async restoreConnection(id: string): Promise<void> {
    await this.enter('restoreConnection', id);
    const back = this.state.trash.find((connection) => connection.id === id);
    if (back === undefined) throw missing();
    this.state = {
      ...this.state,
      connections: [...this.state.connections, { ...back, deleted_at: null }],
      trash: this.state.trash.filter((connection) => connection.id !== id),
    };
  }

  async purgeConnection(id: string): Promise<void> {
    await this.enter('purgeConnection', id);
    this.state = { ...this.state, trash: this.state.trash.filter((connection) => connection.id !== id) };
  }

  async disconnectConnection(id: string): Promise<void> {
    await this.enter('disconnectConnection', id);
    this.#replace({ ...this.#find(id), status: { kind: 'signed_out' } });
  }

  async reconnectConnection(id: string): Promise<Connection> {
    await this.enter('reconnectConnection', id);
    const connection: Connection = {
      ...this.#find(id),
      status: { kind: 'ok', checked_at: this.now, version: '19.0', user: 'Mitchell Admin', company: 'Acme GmbH' },
    };
    this.#replace(connection);
    return connection;
  }

  async startDemo(): Promise<Connection> {
    await this.enter('startDemo');
    const demo = sampleConnection(10, this.now, {
      name: 'Demo',
      origin: 'http://127.0.0.1:40113',
      database: 'demo',
      environment: 'development',
      demo: true,
      status: { kind: 'ok', checked_at: this.now, version: '19.0', user: 'Mitchell Admin', company: 'YourCompany' },
    });
    this.state = { ...this.state, connections: [...this.state.connections, demo], demo_running: true };
    return demo;
  }

  async dismissProposal(ticket: TicketId): Promise<void> {
    await this.enter('dismissProposal', ticket);
    this.state = { ...this.state, proposals: this.state.proposals.filter((proposal) => proposal.ticket !== ticket) };
  }

  async pauseAll(paused: boolean): Promise<void> {
    await this.enter('pauseAll', paused);
    this.state = { ...this.state, paused };
  }

  async changePin(remove: boolean): Promise<TicketId> {
    await this.enter('changePin', remove);
    return sampleId('tkt', 72);
  }

  async retryVault(): Promise<void> {
    await this.enter('retryVault');
    this.state = { ...this.state, vault: { state: 'system' } };
  }

  async useSessionVault(): Promise<void> {
    await this.enter('useSessionVault');
    this.state = { ...this.state, vault: { state: 'session_only' } };
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
}
