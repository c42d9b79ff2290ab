import { expect, it } from 'vitest';
import type { JournalEntry } from '../../lib/bindings/JournalEntry';
import { sampleJournal } from '../../lib/host/sample-journal';
import { describe } from './describe';

const hash = 'ab'.repeat(32);
const [newest] = sampleJournal(0);

function said(changes: object) {
  if (newest === undefined) throw new Error('no entry');
  const entry = { ...newest, event: { ...newest.event, ...changes } } as JournalEntry;
  return describe({ entry, intent: null }, () => null);
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
