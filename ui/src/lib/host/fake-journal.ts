import type { ActivityDetail } from '../bindings/ActivityDetail';
import type { ActivityFilter } from '../bindings/ActivityFilter';
import type { ActivityPage } from '../bindings/ActivityPage';
import type { CallId } from '../bindings/CallId';
import type { JournalEntry } from '../bindings/JournalEntry';
import type { Overview } from '../bindings/Overview';
import type { TicketId } from '../bindings/TicketId';
import type { UndoOffer } from '../bindings/UndoOffer';
import type { VerifyReport } from '../bindings/VerifyReport';
import { FakeAgents } from './fake-agents';
import { missing } from './fake-desktop';
import { sampleId } from './sample';
import { sampleJournal, samplePayload } from './sample-journal';

const PAGE_LENGTH = 50;

/** Those of the Activity page. */
export class FakeJournal extends FakeAgents {
  journal: JournalEntry[];
  /** Calls of the journal that were taken back. */
  undone: CallId[];
  report: VerifyReport = { ok: true, entries: 128, unsealed: 3, unproven: 0, problems: [] };

  constructor(now: number, overview: Overview) {
    super(now, overview);
    this.journal = overview.connections.length === 0 ? [] : sampleJournal(now);
    this.undone = this.journal.flatMap(({ event }) => ('undoes' in event ? (event.undoes ?? []) : []));
  }

  async activity(filter: ActivityFilter): Promise<ActivityPage> {
    await this.enter('activity', filter);
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
    await this.enter('activityDetail', seq);
    const entry = this.journal.find((candidate) => candidate.seq === seq);
    if (entry === undefined) throw missing();
    return { entry, payload: samplePayload(entry), payload_note: null, undo: this.#undoOf(entry) };
  }

  async verifyJournal(): Promise<VerifyReport> {
    await this.enter('verifyJournal');
    return this.report;
  }

  async undoCall(call: string): Promise<TicketId> {
    await this.enter('undoCall', call);
    return sampleId('tkt', 70);
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
