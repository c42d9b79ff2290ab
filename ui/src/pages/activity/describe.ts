import type { CallId } from '../../lib/bindings/CallId';
import type { Finding } from '../../lib/bindings/Finding';
import type { JournalEntry } from '../../lib/bindings/JournalEntry';
import type { JournalEvent } from '../../lib/bindings/JournalEvent';
import type { Outcome } from '../../lib/bindings/Outcome';
import { t } from '../../lib/messages';
import { layerTitle } from '../policy/trial/words';

/** One line of the Activity page: an entry, with the intent that it settles and what was read back, where that is known. */
export interface Line {
  entry: JournalEntry;
  intent: JournalEntry | null;
  /** What was found when the answer had been lost. */
  readBack: JournalEntry | null;
}

/** What a line says, column by column. */
export interface Description {
  agent: string | null;
  connection: string | null;
  what: string;
  on: string | null;
  decision: string | null;
  rule: string | null;
  ticket: string | null;
  /** The hash of the policies that judged a call, or that a change led to. */
  policy: string | null;
  /** The call that it is about, which may be taken back. */
  call: CallId | null;
  outcome: string | null;
  tone: 'good' | 'bad' | 'warn' | 'idle';
  /** What was read back of a call whose outcome was unknown. */
  finding: Finding | null;
  duration: number | null;
}

/** Entries as lines, newest first: an intent stands with its outcome, and both with what was read back, where they are here. */
export function lines(entries: readonly JournalEntry[]): Line[] {
  const intents = new Map<string, JournalEntry>();
  const settled = new Set<string>();
  const readBacks = new Map<string, JournalEntry>();
  for (const entry of entries) {
    if (entry.event.kind === 'intent') intents.set(entry.event.call, entry);
    if (entry.event.kind === 'settled') settled.add(entry.event.call);
    // The newest tells best, and stands first.
    if (entry.event.kind === 'read_back' && !readBacks.has(entry.event.call)) readBacks.set(entry.event.call, entry);
  }
  return entries
    .filter(({ event }) => event.kind !== 'intent' || !settled.has(event.call))
    .filter(({ event }) => event.kind !== 'read_back' || !(settled.has(event.call) || intents.has(event.call)))
    .map((entry) => ({
      entry,
      intent: entry.event.kind === 'settled' ? (intents.get(entry.event.call) ?? null) : null,
      readBack:
        entry.event.kind === 'settled' || entry.event.kind === 'intent'
          ? (readBacks.get(entry.event.call) ?? null)
          : null,
    }));
}

/** The tone of a finding. */
export const FINDING_TONES = { applied: 'good', not_applied: 'warn', unclear: 'bad' } as const;

export function describe(line: Line, connectionName: (id: string) => string | null): Description {
  const { event } = line.entry;
  const said = describeEntry(line, connectionName);
  const finding = line.readBack?.event.kind === 'read_back' ? line.readBack.event.finding : null;
  return { ...said, finding, call: 'call' in event ? event.call : null };
}

function describeEntry({ entry, intent }: Line, connectionName: (id: string) => string | null): Description {
  const { event } = entry;
  const plain = { ...NOTHING };
  switch (event.kind) {
    case 'call':
      return { ...header(event), ...ending(event.outcome), duration: event.duration_ms };
    case 'intent':
      return { ...header(event), outcome: t.activity.sent, tone: 'warn' };
    case 'settled': {
      const of = intent?.event.kind === 'intent' ? header(intent.event) : { ...plain, what: t.activity.settled };
      return { ...of, ...ending(event.outcome), duration: event.duration_ms };
    }
    case 'ticket':
      return {
        ...plain,
        agent: event.agent,
        connection: event.connection === null ? null : connectionName(event.connection),
        what: t.activity.ticket(word(t.activity.ticketChanges, event.change)),
        on: event.summary,
        ticket: event.ticket,
      };
    case 'connection':
      return {
        ...plain,
        agent: event.agent,
        connection: event.name,
        what: t.activity.connection(word(t.activity.connectionChanges, event.change)),
        tone: event.change === 'quarantined' ? 'bad' : 'idle',
      };
    case 'agent':
      return {
        ...plain,
        agent: event.agent,
        what: t.activity.agentEvent(word(t.activity.agentChanges, event.change)),
        on: event.summary,
        tone: event.change === 'quarantined' ? 'bad' : 'idle',
      };
    case 'all_agents':
      return { ...plain, what: event.paused ? t.activity.allPaused : t.activity.allResumed };
    case 'vault':
      return { ...plain, what: t.activity.vault(word(t.activity.vaultChanges, event.change)) };
    case 'policy':
      return {
        ...plain,
        what: t.activity.policy(word(t.activity.policyChanges, event.change)),
        on: layerTitle(event.layer, connectionName),
        policy: event.revision ?? null,
      };
    case 'guard':
      return { ...plain, what: t.activity.guard(event.model, event.change === 'opened'), on: event.name };
    case 'read_back':
      return {
        ...plain,
        what: t.activity.readBack,
        on: event.message,
        outcome: t.activity.findings[event.finding],
        tone: FINDING_TONES[event.finding],
      };
    case 'pin':
      return {
        ...plain,
        what: t.activity.pin(word(t.activity.pinChanges, event.change)),
        tone: event.change === 'refused' || event.change === 'gone' ? 'warn' : 'idle',
      };
    case 'journal':
      return {
        ...plain,
        what: t.activity.journal(word(t.activity.journalChanges, event.change)),
        on: event.summary,
        tone: event.change === 'altered' ? 'bad' : 'warn',
      };
    case 'started':
      return { ...plain, what: t.activity.started(event.version) };
    case 'quit':
      return { ...plain, what: t.activity.quit };
  }
}

const NOTHING: Description = {
  agent: null,
  connection: null,
  what: '',
  on: null,
  decision: null,
  rule: null,
  ticket: null,
  policy: null,
  call: null,
  outcome: null,
  tone: 'idle',
  finding: null,
  duration: null,
};

/** Who, on what, doing what: the part that calls and intents share. */
type CallHeader = Omit<Extract<JournalEvent, { kind: 'intent' }>, 'kind' | 'call'>;

function header(of: CallHeader): Description {
  const isUndo = of.undoes !== undefined;
  const target = [
    ...(isUndo ? [of.tool] : []),
    ...(of.model === null ? [] : [of.model, ...(of.records === null ? [] : [t.activity.records(of.records)])]),
  ];
  return {
    ...NOTHING,
    agent: isUndo ? t.approvals.byYou : of.agent,
    connection: of.connection_name,
    what: isUndo ? t.activity.tookBack(of.agent) : of.plan === undefined ? of.tool : t.activity.step(of.tool),
    on: target.length === 0 ? null : target.join(' · '),
    decision: of.decision,
    rule: of.rule === '' ? null : of.rule,
    ticket: of.ticket,
    policy: of.policy ?? null,
  };
}

function ending(outcome: Outcome): Pick<Description, 'outcome' | 'tone'> {
  switch (outcome.result) {
    case 'done':
      return { outcome: outcome.summary, tone: 'good' };
    case 'failed':
      return { outcome: outcome.message, tone: 'bad' };
    case 'unknown':
      return { outcome: t.activity.unknown(outcome.message), tone: 'bad' };
    case 'pending':
      return { outcome: t.activity.pending, tone: 'warn' };
  }
}

/** The words for a change; one that this version does not know stands as it is. */
const word = (words: Readonly<Record<string, string>>, change: string): string =>
  Object.prototype.hasOwnProperty.call(words, change) ? (words[change] ?? change) : change;

/** The tool of an entry, for the filter. */
export const toolOf = (event: JournalEvent): string | null =>
  event.kind === 'call' || event.kind === 'intent' ? event.tool : null;
