import type { AgentId } from '../../lib/bindings/AgentId';
import type { ConnectionBadge } from '../../lib/bindings/ConnectionBadge';
import type { TicketView } from '../../lib/bindings/TicketView';

export interface Group {
  key: string;
  agent: AgentId | null;
  connection: ConnectionBadge | null;
  tickets: TicketView[];
}

/** Tickets by agent and connection; groups and tickets keep the order in which they came. */
export function grouped(tickets: readonly TicketView[]): Group[] {
  const groups = new Map<string, Group>();
  for (const ticket of tickets) {
    const key = `${ticket.agent ?? ''} ${ticket.connection?.id ?? ''}`;
    const group = groups.get(key) ?? { key, agent: ticket.agent, connection: ticket.connection, tickets: [] };
    group.tickets.push(ticket);
    groups.set(key, group);
  }
  return [...groups.values()];
}
