import type { Approvals } from '../bindings/Approvals';
import type { Card } from '../bindings/Card';
import type { Overview } from '../bindings/Overview';
import type { Queue } from '../bindings/Queue';
import type { RecentCall } from '../bindings/RecentCall';
import type { TicketId } from '../bindings/TicketId';
import type { UndoOffer } from '../bindings/UndoOffer';
import type { Verdict } from '../bindings/Verdict';
import { missing } from './fake-desktop';
import { FakePolicyPage } from './fake-policy-page';
import type { Host } from './host';
import { sampleId, sampleOverview, sampleTickets } from './sample';
import { sampleCards } from './sample-cards';

/** A host in memory: for development in a browser, for pictures, and for tests. Here what asks a person and what decides. */
export class FakeHost extends FakePolicyPage implements Host {
  tickets: Approvals;
  waitingCards: Card[];
  /** Whether approved calls run and linger. */
  runs = false;
  /** Calls that were approved a moment ago. */
  recent: RecentCall[] = [];

  constructor(now: number = Date.now(), overview: Overview = sampleOverview(now)) {
    super(now, overview);
    const isEmpty = overview.connections.length === 0;
    this.tickets = isEmpty ? { now, open: [], ended: [] } : sampleTickets(now, overview.connections);
    this.waitingCards = isEmpty ? [] : Object.values(sampleCards(now));
  }

  // The window `main`.

  async approvals(): Promise<Approvals> {
    await this.enter('approvals');
    return structuredClone({ ...this.tickets, now: this.now });
  }

  async withdrawTicket(ticket: TicketId): Promise<void> {
    await this.enter('withdrawTicket', ticket);
    const found = this.tickets.open.find(({ id }) => id === ticket);
    if (found === undefined) throw missing();
    this.tickets = {
      now: this.now,
      open: this.tickets.open.filter(({ id }) => id !== ticket),
      ended: [{ ...found, state: { state: 'withdrawn', at: this.now } }, ...this.tickets.ended],
    };
  }

  async review(ticket: TicketId | null): Promise<void> {
    await this.enter('review', ticket);
  }

  // The window `approval`.

  async queue(wanted: TicketId | null, place: number): Promise<Queue> {
    await this.enter('queue', wanted, place);
    const cards = this.waitingCards;
    const card = cards.find(({ ticket }) => ticket === wanted) ?? cards[place] ?? cards.at(-1) ?? null;
    return structuredClone({ now: this.now, tickets: cards.map(({ ticket }) => ticket), card });
  }

  async wantedCard(): Promise<TicketId | null> {
    await this.enter('wantedCard');
    const wanted = this.wanted;
    this.wanted = null;
    return wanted;
  }

  async presentCard(ticket: TicketId, digest: string): Promise<void> {
    await this.enter('presentCard', ticket, digest);
  }

  async decide(ticket: TicketId, digest: string, verdict: Verdict, pin: string | null): Promise<void> {
    await this.enter('decide', ticket, digest, verdict, pin);
    const card = this.waitingCards.find((candidate) => candidate.ticket === ticket);
    if (this.runs && verdict.verdict === 'approve' && card?.content.kind === 'call') this.#run(card);
    this.waitingCards = this.waitingCards.filter((card) => card.ticket !== ticket);
  }

  async settlePin(ticket: TicketId, digest: string, current: string | null, pin: string | null): Promise<void> {
    await this.enter('settlePin', ticket, digest, current, pin);
    this.waitingCards = this.waitingCards.filter((card) => card.ticket !== ticket);
    this.state = { ...this.state, has_pin: pin !== null };
  }

  async recentCalls(): Promise<RecentCall[]> {
    await this.enter('recentCalls');
    return structuredClone(this.recent);
  }

  async undoRecent(call: string): Promise<TicketId> {
    await this.enter('undoRecent', call);
    const card = sampleCards(this.now).undo;
    this.waitingCards = [...this.waitingCards, card];
    return card.ticket;
  }

  async exportCard(ticket: TicketId, digest: string): Promise<string> {
    await this.enter('exportCard', ticket, digest);
    return '/home/ada/Downloads/gatehouse-crm.lead-120.csv';
  }

  async closeApproval(): Promise<void> {
    await this.enter('closeApproval');
  }

  /** Lets an approved call run, as in the window of a person who looks. */
  #run(card: Card): void {
    const entry: RecentCall = {
      ticket: card.ticket,
      call: sampleId('call', (this.seed += 1)),
      sentence: card.sentence,
      connection: card.connection,
      approved_at: this.now,
      state: { state: 'running' },
    };
    const others = this.recent;
    this.recent = [entry, ...others];
    setTimeout(() => {
      const undo: UndoOffer = { offer: 'possible', leaves: [] };
      this.recent = [
        { ...entry, state: { state: 'done', at: this.now, summary: '2 records changed', undo } },
        ...others,
      ];
      this.announce('approvals');
    }, this.stepMillis * 3);
  }
}
