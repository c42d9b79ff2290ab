import type { JournalEntry } from '../bindings/JournalEntry';
import type { JournalEvent } from '../bindings/JournalEvent';
import { MINUTE, sampleDigest, sampleId } from './sample';
import { sampleFacts, sampleTree } from './sample-replay';

type Call = Extract<JournalEvent, { kind: 'intent' }>;

/** A journal of some days, newest first. */
export function sampleJournal(now: number): JournalEntry[] {
  const events: JournalEvent[] = [
    { kind: 'started', version: '0.1.0' },
    { kind: 'vault', change: 'unlocked' },
    { kind: 'connection', connection: sampleId('con', 1), name: 'Acme production', change: 'added', agent: null },
    {
      kind: 'agent',
      agent: 'claude-code',
      change: 'admitted',
      summary: '/home/ada/.local/share/claude/versions/*; 3 connections',
    },
  ];
  for (let round = 0; round < 40; round += 1) events.push(...roundOf(round));
  events.push(
    {
      ...callOf(9000, 'odoo_write', 'ask'),
      kind: 'intent',
      agent: 'claude-code',
      records: 2,
      ticket: sampleId('tkt', 10),
      undoes: sampleId('call', 361),
    },
    {
      kind: 'settled',
      call: sampleId('call', 9000),
      outcome: { result: 'done', summary: '2 records changed' },
      duration_ms: 96,
      given_back: [],
    },
    { kind: 'pin', change: 'set' },
  );
  events.push({
    ...callOf(9001, 'odoo_write', 'ask'),
    kind: 'intent',
    records: 3,
    ticket: sampleId('tkt', 9),
  });
  return events
    .map((event, index) => ({
      seq: index + 1,
      at: now - (events.length - index) * 1.7 * MINUTE,
      event,
      payload_hash: 'call' in event ? sampleDigest(index + 500) : null,
      previous: sampleDigest(index),
      hash: sampleDigest(index + 1),
    }))
    .reverse();
}

function roundOf(round: number): JournalEvent[] {
  const seed = round * 10;
  const read: JournalEvent = {
    ...callOf(seed, 'odoo_search_read', 'allow'),
    kind: 'call',
    records: 80,
    outcome: { result: 'done', summary: '80 rows' },
    duration_ms: 41 + round * 3,
  };
  if (round % 4 === 0) {
    const ticket = sampleId('tkt', 100 + round);
    const header = { ...callOf(seed + 1, 'odoo_write', 'ask'), records: 2, ticket };
    return [
      read,
      {
        kind: 'ticket',
        ticket,
        ticket_kind: 'call',
        agent: 'claude-code',
        connection: sampleId('con', 1),
        change: 'opened',
        summary: 'Change 3 fields on 2 contacts',
      },
      { ...header, kind: 'intent' },
      {
        kind: 'settled',
        call: header.call,
        outcome: { result: 'done', summary: '2 records changed' },
        duration_ms: 118,
        given_back: [],
      },
    ];
  }
  if (round % 4 === 1) {
    return [
      {
        ...callOf(seed + 2, 'odoo_unlink', 'deny'),
        kind: 'call',
        category: 'destructive',
        records: 4,
        rule: 'connection:/tools/odoo_unlink',
        outcome: { result: 'failed', code: 'denied_by_person', message: 'A person refused it: archive them instead.' },
        duration_ms: 31_900,
      },
    ];
  }
  if (round === 6) {
    return [
      { ...callOf(seed + 3, 'odoo_create', 'ask'), kind: 'intent', category: 'write', records: 1 },
      {
        kind: 'settled',
        call: sampleId('call', seed + 3),
        outcome: { result: 'unknown', message: 'the line dropped after the request was sent' },
        duration_ms: 30_004,
        given_back: [],
      },
      {
        kind: 'read_back',
        call: sampleId('call', seed + 3),
        finding: 'applied',
        message: 'Odoo holds the new contact with all values that were sent.',
      },
    ];
  }
  return [read];
}

const callOf = (seed: number, tool: string, decision: string): Call => ({
  kind: 'intent',
  call: sampleId('call', seed),
  agent: seed % 7 === 0 ? 'claude-desktop' : 'claude-code',
  connection: sampleId('con', 1),
  connection_name: 'Acme production',
  tool,
  category: tool === 'odoo_search_read' ? 'read' : 'write',
  model: 'res.partner',
  method: 'search_read',
  records: null,
  decision,
  rule: decision === 'allow' ? '' : `connection:/tools/${tool}/require_approval/0`,
  ticket: null,
  charges: [],
  policy: sampleDigest(7),
});

/** The content of an entry. */
export function samplePayload({ event }: JournalEntry): string | null {
  if (event.kind === 'settled') return JSON.stringify({ result: true, before: { phone: '(870)-931-0505' } }, null, 2);
  if (event.kind !== 'call' && event.kind !== 'intent') return null;
  const given = { model: 'res.partner', ids: [14, 10], values: { phone: '+49 30 901820' } };
  const { agent, connection, tool } = event;
  const call = { agent, connection, tool, arguments: JSON.stringify(given) };
  const decided = event.decision === 'ask' || event.decision === 'deny' ? event.decision : 'allow';
  const content = { arguments: given, facts: sampleFacts(call), explanation: sampleTree(call, decided) };
  return JSON.stringify(content, null, 2);
}
