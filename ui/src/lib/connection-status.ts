import type { Connection } from './bindings/Connection';
import type { ConnectionDraft } from './bindings/ConnectionDraft';
import { t } from './messages';

export type Tone = 'good' | 'bad' | 'warn' | 'idle';

/** The host and port of an origin. */
export const hostOf = (origin: string): string => origin.replace(/^[a-z]+:\/\//, '');

/** The colour and the words of a connection's status. */
export function statusOf(connection: Connection): { tone: Tone; words: string } {
  const { status } = connection;
  const words = t.status[status.kind];
  switch (status.kind) {
    case 'ok':
      return { tone: 'good', words };
    case 'failed':
    case 'credential_refused':
      return { tone: 'bad', words };
    case 'no_secret':
      return { tone: 'warn', words };
    case 'never_checked':
    case 'signed_out':
      return { tone: 'idle', words };
  }
}

/** When it was last checked, if it was. */
export const checkedAt = ({ status }: Connection): number | null => ('checked_at' in status ? status.checked_at : null);

/** A form filled with a saved connection. */
export const draftOf = (connection: Connection): ConnectionDraft => ({
  id: connection.id,
  name: connection.name,
  url: connection.origin,
  database: connection.database,
  login: connection.login,
  environment: connection.environment,
  read_only: connection.read_only,
  protocol: connection.protocol,
  tls: connection.tls,
  language: connection.language,
  note: connection.note,
  tags: [...connection.tags],
  favourite: connection.favourite,
  proposal: null,
});

/** An empty form. */
export const emptyDraft = (): ConnectionDraft => ({
  id: null,
  name: '',
  url: '',
  database: '',
  login: '',
  environment: 'production',
  read_only: false,
  protocol: 'auto',
  tls: { kind: 'system' },
  language: null,
  note: '',
  tags: [],
  favourite: false,
  proposal: null,
});

/** The same connection again, for another database or user. The secret does not come along. */
export const duplicateOf = (connection: Connection): ConnectionDraft => ({
  ...draftOf(connection),
  id: null,
  name: t.connections.copyOf(connection.name),
  favourite: false,
});
