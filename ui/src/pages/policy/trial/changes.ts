import type { ReplayChange } from '../../../lib/bindings/ReplayChange';
import type { ReplayKind } from '../../../lib/bindings/ReplayKind';
import type { ReplayReport } from '../../../lib/bindings/ReplayReport';
import { ANSWERS, direction, type Direction } from './answer';

/** Calls that went from one answer to another. */
export interface Transition {
  from: ReplayKind;
  to: ReplayKind;
  direction: Direction;
  calls: number;
}

/** One cell of the table of answers, as things are by as they would be. */
export interface Cell extends Transition {
  /** Calls of the cell that stand in the list: all of them, but in the diagonal, where most stayed as they were. */
  listed: number;
}

/** What would change, from what to what: what lets agents do more first, then by number. */
export function transitions(changes: readonly ReplayChange[]): Transition[] {
  const found = ANSWERS.flatMap((from) =>
    ANSWERS.map((to) => ({ from, to, direction: direction(from, to), calls: count(changes, from, to) })),
  ).filter(({ calls }) => calls > 0);
  const rank: Record<Direction, number> = { loosened: 0, tightened: 1, same: 2 };
  return found.sort((a, b) => rank[a.direction] - rank[b.direction] || b.calls - a.calls);
}

/** The table: a row for each answer as things are, a column for each answer under the draft. */
export function matrix(report: ReplayReport): Cell[][] {
  return ANSWERS.map((from) =>
    ANSWERS.map((to) => {
      const listed = count(report.changes, from, to);
      const left = report.changes.filter((change) => change.from.kind === from && change.to.kind !== from).length;
      const calls = from === to ? Math.max(0, report.before[from] - left) : listed;
      return { from, to, direction: direction(from, to), calls, listed };
    }),
  );
}

/** How many changes go one way. */
export const inDirection = (changes: readonly ReplayChange[], way: Direction): number =>
  changes.filter(({ from, to }) => direction(from.kind, to.kind) === way).length;

const count = (changes: readonly ReplayChange[], from: ReplayKind, to: ReplayKind): number =>
  changes.filter((change) => change.from.kind === from && change.to.kind === to).length;

/** The rule behind a change: the one that stops or asks now, or the one that no longer does. */
export function ruleBehind({ from, to }: ReplayChange): string {
  const first = direction(from.kind, to.kind) === 'loosened' ? from.rule : to.rule;
  return first !== '' ? first : from.rule || to.rule;
}

/** Which changes are listed. */
export interface Filter {
  agent: string | null;
  /** By name: an id may be gone from the list of connections. */
  connection: string | null;
  tool: string | null;
  rule: string | null;
  direction: Direction | null;
  from: ReplayKind | null;
  to: ReplayKind | null;
}

export const NO_FILTER: Filter = {
  agent: null,
  connection: null,
  tool: null,
  rule: null,
  direction: null,
  from: null,
  to: null,
};

export function fits(change: ReplayChange, filter: Filter): boolean {
  const { call, from, to } = change;
  const is = (wanted: string | null, value: string | null) => wanted === null || wanted === value;
  return (
    is(filter.agent, call.agent) &&
    is(filter.connection, call.connection_name) &&
    is(filter.tool, call.tool) &&
    is(filter.rule, ruleBehind(change)) &&
    is(filter.direction, direction(from.kind, to.kind)) &&
    is(filter.from, from.kind) &&
    is(filter.to, to.kind)
  );
}

export type Column = 'at' | 'agent' | 'connection' | 'tool' | 'records' | 'change';

export interface Order {
  column: Column;
  descending: boolean;
}

export const NEWEST_FIRST: Order = { column: 'at', descending: true };

/** The other way round where the list is ordered by this column already; times and numbers begin with the largest. */
export const ordered = (order: Order, column: Column): Order => ({
  column,
  descending: order.column === column ? !order.descending : column === 'at' || column === 'records',
});

/** The changes that fit, in order; of equals the newest first. */
export function listed(changes: readonly ReplayChange[], filter: Filter, order: Order): ReplayChange[] {
  const way = order.descending ? -1 : 1;
  return changes
    .filter((change) => fits(change, filter))
    .sort((a, b) => way * by(order.column, a, b) || b.call.seq - a.call.seq);
}

function by(column: Column, a: ReplayChange, b: ReplayChange): number {
  switch (column) {
    case 'at':
      return a.call.seq - b.call.seq;
    case 'agent':
      return words(a.call.agent, b.call.agent);
    case 'connection':
      return words(a.call.connection_name, b.call.connection_name);
    case 'tool':
      return words(a.call.tool, b.call.tool) || words(a.call.model, b.call.model);
    case 'records':
      // An unknown number may be any: it counts as the most.
      return (a.call.records ?? Infinity) === (b.call.records ?? Infinity)
        ? 0
        : (a.call.records ?? Infinity) - (b.call.records ?? Infinity);
    case 'change':
      return rankOf(a) - rankOf(b);
  }
}

const words = (a: string | null, b: string | null): number => (a ?? '').localeCompare(b ?? '');

/** What loosens most comes first. */
const rankOf = ({ from, to }: ReplayChange): number =>
  (ANSWERS.indexOf(to.kind) - ANSWERS.indexOf(from.kind)) * ANSWERS.length + ANSWERS.indexOf(to.kind);

/** A value that changes share, and how many do. */
export interface Facet {
  value: string;
  calls: number;
}

/** What stands in one respect in the changes, most frequent first. */
export function facets(changes: readonly ReplayChange[], of: (change: ReplayChange) => string | null): Facet[] {
  const calls = new Map<string, number>();
  for (const change of changes) {
    const value = of(change);
    if (value !== null && value !== '') calls.set(value, (calls.get(value) ?? 0) + 1);
  }
  return [...calls]
    .map(([value, times]) => ({ value, calls: times }))
    .sort((a, b) => b.calls - a.calls || a.value.localeCompare(b.value));
}

const DAY = 24 * 60 * 60 * 1000;

/** How often a person is asked in a day, as things are and under the draft; none for a stretch of less than a day. */
export function questionsADay(report: ReplayReport, now: number): { before: number; after: number } | null {
  if (report.since === null) return null;
  const days = (now - report.since) / DAY;
  return days < 1 ? null : { before: report.before.ask / days, after: report.after.ask / days };
}
