import type { Connection } from '../../lib/bindings/Connection';
import type { Environment } from '../../lib/bindings/Environment';
import { checkedAt, hostOf } from '../../lib/connection-status';

export const ENVIRONMENTS: readonly Environment[] = ['production', 'staging', 'development'];

export type Order = 'name' | 'environment' | 'checked';

export interface Arrangement {
  /** Words that must all occur in name, host, database, login, tags or note. */
  search: string;
  environment: Environment | null;
  order: Order;
}

/** The connections that fit, favourites first, in the order asked for. */
export function arranged(
  connections: readonly Connection[],
  { search, environment, order }: Arrangement,
): Connection[] {
  const words = fold(search).split(/\s+/).filter(Boolean);
  const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  const byOrder: Record<Order, (a: Connection, b: Connection) => number> = {
    name: () => 0,
    environment: (a, b) => ENVIRONMENTS.indexOf(a.environment) - ENVIRONMENTS.indexOf(b.environment),
    checked: (a, b) => (checkedAt(b) ?? 0) - (checkedAt(a) ?? 0),
  };
  return connections
    .filter((connection) => environment === null || connection.environment === environment)
    .filter((connection) => words.every((word) => haystack(connection).includes(word)))
    .sort((a, b) => Number(b.favourite) - Number(a.favourite) || byOrder[order](a, b) || names.compare(a.name, b.name));
}

const haystack = ({ name, origin, database, login, tags, note }: Connection): string =>
  fold([name, hostOf(origin), database, login, ...tags, note].join('\n'));

const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
