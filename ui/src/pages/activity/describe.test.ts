import { expect, it } from 'vitest';
import type { JournalEntry } from '../../lib/bindings/JournalEntry';
import { sampleJournal } from '../../lib/host/sample-journal';
import { describe, lines } from './describe';

const hash = 'ab'.repeat(32);
const [newest] = sampleJournal(0);

function said(changes: object) {
  if (newest === undefined) throw new Error('no entry');
  const entry = { ...newest, event: { ...newest.event, ...changes } } as JournalEntry;
  return describe({ entry, intent: null, readBack: null }, () => null);
}

it('tells which policies judged a call, where that was written down', () => {
  expect(said({ policy: hash }).policy).toBe(hash);
  expect(said({ policy: null }).policy).toBeNull();
  expect(said({ policy: undefined }).policy).toBeNull();
});

it('tells which calls are steps of a plan', () => {
  expect(said({ tool: 'odoo_write' }).what).toBe('odoo_write');
  expect(said({ tool: 'odoo_write', plan: 'call_1' }).what).toBe('odoo_write, a step of a plan');
});

it('tells what a change of policy led to', () => {
  const event = { kind: 'policy', layer: 'user', change: 'removed', revision: hash };
  expect(said(event)).toMatchObject({ what: 'Policy removed', on: 'Mine', policy: hash });
  expect(said({ ...event, change: 'something new', revision: null })).toMatchObject({
    what: 'Policy something new',
    policy: null,
  });
});

it('says that the person took a call back, not the agent whose call it was', () => {
  expect(said({ undoes: 'call_1', tool: 'odoo_write' })).toMatchObject({
    agent: 'You',
    what: 'You took back a call of claude-code',
    on: 'odoo_write · res.partner · 3 records',
  });
});

it('puts what was read back on the line of its call, and keeps it where the call is not loaded', () => {
  const journal = sampleJournal(0);
  const readBack = journal.find(({ event }) => event.kind === 'read_back');
  if (readBack?.event.kind !== 'read_back') throw new Error('nothing was read back');
  const { call } = readBack.event;
  const shown = lines(journal);
  expect(shown.some(({ entry }) => entry === readBack)).toBe(false);
  const line = shown.find(({ entry: { event } }) => event.kind === 'settled' && event.call === call);
  expect(line?.readBack).toBe(readBack);
  if (line === undefined) throw new Error('no line');
  expect(describe(line, () => null)).toMatchObject({ finding: 'applied', call });

  const [alone] = lines([readBack]);
  if (alone === undefined) throw new Error('no line');
  expect(describe(alone, () => null)).toMatchObject({ outcome: 'Was applied', tone: 'good' });
});

it.each([
  ['set', 'PIN set'],
  ['refused', 'PIN refused: it was wrong'],
])('tells that the PIN was %s', (change, what) => {
  const event = { kind: 'pin', change };
  expect(said(event).what).toBe(what);
});
