import { describe, expect, it } from 'vitest';
import { change, recorded, report } from '../../../../tests/explanations';
import {
  facets,
  fits,
  inDirection,
  listed,
  matrix,
  NEWEST_FIRST,
  NO_FILTER,
  ordered,
  questionsADay,
  ruleBehind,
  transitions,
} from './changes';
import { searched } from './recorded';

const some = [
  change(5, 'allow', 'ask'),
  change(4, 'allow', 'ask', { agent: 'cursor', tool: 'odoo_create', records: null }),
  change(3, 'deny', 'allow', { connection_name: 'Beta', records: 40 }),
  change(2, 'ask', 'limited', { model: null }),
  change(1, 'deny', 'deny'),
];
const seqs = (changes: readonly { call: { seq: number } }[]) => changes.map(({ call }) => call.seq);

describe('transitions', () => {
  it('begin with what lets agents do more, then go by number', () => {
    expect(transitions(some).map(({ from, to, calls }) => [from, to, calls])).toEqual([
      ['deny', 'allow', 1],
      ['allow', 'ask', 2],
      ['ask', 'limited', 1],
      ['deny', 'deny', 1],
    ]);
  });

  it('are counted by direction', () => {
    expect(['loosened', 'tightened', 'same'].map((way) => inDirection(some, way as 'same'))).toEqual([1, 3, 1]);
  });
});

describe('the table', () => {
  const table = matrix(report(some));
  const cell = (from: string, to: string) => table.flat().find((one) => one.from === from && one.to === to);

  it('adds up to what was and what would be', () => {
    const { before, after } = report(some);
    for (const row of table) {
      const from = row[0]?.from ?? 'allow';
      expect(row.reduce((sum, { calls }) => sum + calls, 0)).toBe(before[from]);
      const column = table.map((other) => other.find(({ to }) => to === from)?.calls ?? 0);
      expect(column.reduce((sum, calls) => sum + calls, 0)).toBe(after[from]);
    }
  });

  it('lists in the diagonal only what another rule answers', () => {
    expect(cell('deny', 'deny')).toMatchObject({ calls: 29, listed: 1, direction: 'same' });
    expect(cell('allow', 'allow')).toMatchObject({ calls: 898, listed: 0 });
    expect(cell('deny', 'allow')).toMatchObject({ calls: 1, listed: 1, direction: 'loosened' });
  });

  it('never goes below nothing, whatever the tally says', () => {
    const wrong = { ...report(some), before: { allow: 0, ask: 0, deny: 0, limited: 0 } };
    expect(matrix(wrong).flat().every(({ calls }) => calls >= 0)).toBe(true);
  });
});

describe('the rule behind a change', () => {
  it('is the new one that stops, and the old one that no longer does', () => {
    expect(ruleBehind(change(1, 'allow', 'ask'))).toBe('user:/tools/odoo_write/ask/1');
    expect(ruleBehind(change(1, 'deny', 'ask'))).toBe('user:/tools/odoo_write/deny/0');
    expect(ruleBehind(change(1, 'deny', 'allow'))).toBe('user:/tools/odoo_write/deny/0');
  });
});

describe('the list', () => {
  it('is newest first, and every filter narrows it', () => {
    const shown = (filter: object) => seqs(listed(some, { ...NO_FILTER, ...filter }, NEWEST_FIRST));
    expect(shown({})).toEqual([5, 4, 3, 2, 1]);
    expect(shown({ agent: 'cursor' })).toEqual([4]);
    expect(shown({ connection: 'Beta' })).toEqual([3]);
    expect(shown({ tool: 'odoo_write' })).toEqual([5, 3, 2, 1]);
    expect(shown({ direction: 'tightened' })).toEqual([5, 4, 2]);
    expect(shown({ from: 'allow', to: 'ask' })).toEqual([5, 4]);
    expect(shown({ from: 'deny', to: 'deny' })).toEqual([1]);
    expect(shown({ rule: 'user:/tools/odoo_write/ask/1', tool: 'odoo_create' })).toEqual([4]);
  });

  it('is ordered by any column, newest first among equals', () => {
    const by = (column: 'records' | 'tool' | 'agent' | 'change', descending: boolean) =>
      seqs(listed(some, NO_FILTER, { column, descending }));
    expect(by('records', true)).toEqual([4, 3, 5, 2, 1]);
    expect(by('tool', false)).toEqual([4, 2, 5, 3, 1]);
    expect(by('agent', true)).toEqual([4, 5, 3, 2, 1]);
    expect(by('change', false)[0]).toBe(3);
  });

  it('turns round when the same column is chosen again', () => {
    expect(ordered(NEWEST_FIRST, 'at')).toEqual({ column: 'at', descending: false });
    expect(ordered(NEWEST_FIRST, 'agent')).toEqual({ column: 'agent', descending: false });
    expect(ordered(NEWEST_FIRST, 'records')).toEqual({ column: 'records', descending: true });
  });

  it('leaves the report as it was', () => {
    const given = [...some];
    listed(given, NO_FILTER, { column: 'at', descending: false });
    expect(given).toEqual(some);
  });
});

it('offers what stands in the changes, most frequent first', () => {
  expect(facets(some, ({ call }) => call.tool)).toEqual([
    { value: 'odoo_write', calls: 4 },
    { value: 'odoo_create', calls: 1 },
  ]);
  expect(facets(some, ({ call }) => call.model)).toEqual([{ value: 'res.partner', calls: 4 }]);
});

it('tells how often a person is asked in a day, from a day on', () => {
  const day = 86_400_000;
  const asked = { ...report(some, { ask: 60 }), since: 0 };
  expect(questionsADay(asked, 6 * day)).toEqual({ before: 10, after: 61 / 6 });
  expect(questionsADay(asked, day / 2)).toBeNull();
  expect(questionsADay({ ...asked, since: null }, day)).toBeNull();
});

it('keeps a change without a connection out of a filter by connection', () => {
  expect(fits(change(1, 'allow', 'deny', { connection_name: null }), { ...NO_FILTER, connection: 'Beta' })).toBe(false);
});

it('finds recorded calls by every word', () => {
  const calls = [recorded(7), recorded(8, { tool: 'odoo_unlink', agent: 'cursor', decision: 'deny' })];
  expect(searched(calls, '').length).toBe(2);
  expect(searched(calls, ' Cursor UNLINK ').map(({ seq }) => seq)).toEqual([8]);
  expect(searched(calls, '#7').map(({ seq }) => seq)).toEqual([7]);
  expect(searched(calls, 'deny partner').map(({ seq }) => seq)).toEqual([8]);
  expect(searched(calls, 'nothing')).toEqual([]);
});
