import type { AgentView } from '../bindings/AgentView';
import type { Approvals } from '../bindings/Approvals';
import type { Connection } from '../bindings/Connection';
import type { ConnectionBadge } from '../bindings/ConnectionBadge';
import type { Evidence } from '../bindings/Evidence';
import type { Overview } from '../bindings/Overview';
import type { Proposal } from '../bindings/Proposal';
import type { TicketView } from '../bindings/TicketView';
import { emptyDraft, hostOf } from '../connection-status';

/** Invented data for development, pictures and tests. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An id of the right form, the same for the same seed. */
export const sampleId = (prefix: string, seed: number): string => `${prefix}_${seed.toString(16).padStart(20, '0')}`;

export const sampleDigest = (seed: number): string => seed.toString(16).padStart(64, 'a');

export function sampleConnections(now: number): Connection[] {
  const ok = (user: string, company: string, age: number, version = '19.0'): Connection['status'] => ({
    kind: 'ok',
    checked_at: now - age,
    version,
    user,
    company,
  });
  const rows: (Partial<Connection> & Pick<Connection, 'name' | 'origin' | 'database'>)[] = [
    {
      name: 'Acme production',
      origin: 'https://acme.odoo.com',
      database: 'acme',
      login: 'mitchell@acme.example',
      favourite: true,
      tags: ['retail'],
      note: 'Main company. Month-end close on the 5th.',
      status: ok('Mitchell Admin', 'Acme GmbH', 4 * MINUTE),
    },
    {
      name: 'Acme staging',
      origin: 'https://acme-staging.odoo.com',
      database: 'acme-staging-1482',
      environment: 'staging',
      favourite: true,
      tags: ['retail'],
      status: ok('Mitchell Admin', 'Acme GmbH', 2 * HOUR),
    },
    {
      name: 'Bergmann Logistik',
      origin: 'https://erp.bergmann-logistik.example',
      database: 'bergmann_prod',
      login: 'consultant@partner.example',
      read_only: true,
      tags: ['logistics'],
      status: ok('External Consultant', 'Bergmann Logistik AG', 26 * MINUTE, '17.0'),
    },
    {
      name: 'Café Zoé',
      origin: 'https://cafe-zoe.odoo.com',
      database: 'cafe-zoe',
      login: 'zoe@cafe.example',
      language: 'fr_FR',
      status: { kind: 'credential_refused', checked_at: now - 3 * HOUR },
    },
    {
      name: 'Delta Wind',
      origin: 'https://odoo.deltawind.example:8443',
      database: 'delta',
      tls: { kind: 'custom_ca', pem: '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----' },
      status: {
        kind: 'failed',
        checked_at: now - 50 * MINUTE,
        message: 'odoo.deltawind.example did not answer within 10 seconds.',
        fix: 'Check that you are on the company network or VPN, then test again.',
      },
    },
    {
      name: 'Fjord Shipping',
      origin: 'https://fjord.odoo.com',
      database: 'fjord',
      status: { kind: 'signed_out' },
    },
    {
      name: 'Harbour Hotels',
      origin: 'https://odoo.harbour-hotels.example',
      database: 'hotels_live',
      status: { kind: 'no_secret' },
    },
    {
      name: 'Local 19',
      origin: 'http://127.0.0.1:8069',
      database: 'odoo19',
      login: 'admin',
      environment: 'development',
      protocol: 'json2',
      status: ok('Mitchell Admin', 'YourCompany', MINUTE),
    },
    {
      name: 'Orchard Foods',
      origin: 'https://orchard.odoo.com',
      database: 'orchard',
      environment: 'staging',
      status: { kind: 'never_checked' },
    },
    {
      name: 'Demo',
      origin: 'http://127.0.0.1:40113',
      database: 'demo',
      login: 'admin',
      environment: 'development',
      demo: true,
      status: ok('Mitchell Admin', 'YourCompany', 9 * MINUTE),
    },
  ];
  return rows.map((row, index) => sampleConnection(index + 1, now, row));
}

export function sampleConnection(
  seed: number,
  now: number,
  changes: Partial<Connection> & Pick<Connection, 'name' | 'origin' | 'database'>,
): Connection {
  return {
    id: sampleId('con', seed),
    login: 'admin',
    environment: 'production',
    read_only: false,
    protocol: 'auto',
    tls: { kind: 'system' },
    language: null,
    note: '',
    tags: [],
    favourite: false,
    demo: false,
    status: { kind: 'never_checked' },
    created_at: now - 40 * DAY,
    deleted_at: null,
    ...changes,
  };
}

export const badgeOf = (connection: Connection): ConnectionBadge => ({
  id: connection.id,
  name: connection.name,
  environment: connection.environment,
  host: hostOf(connection.origin),
  database: connection.database,
  login: connection.login,
});

export const evidence = (program: string, pid: number): Evidence => ({ uid: 1000, pid, program, inode: 131_072 + pid });

export function sampleAgents(now: number): AgentView[] {
  const grant = (...seeds: number[]) => seeds.map((seed) => sampleId('con', seed));
  return [
    {
      id: 'claude-code',
      evidence: evidence('/home/ada/.local/share/claude/versions/*', 48_213),
      status: 'admitted',
      grants: grant(1, 2, 8),
      bridges: 2,
      calls: Array.from({ length: 60 }, (_, minute) => (minute > 18 && minute < 46 ? (minute * 7) % 11 : minute % 13 === 6 ? 3 : 0)),
      policy: 'absent',
      preset: null,
      standing: [
        {
          ticket: sampleId('tkt', 61),
          sentence:
            'For 15 minutes claude-code may call odoo_write on res.partner in Acme without asking, only the fields phone, at most 1 records at a time, in the same companies and language.',
          expires_at: now + 9 * 60_000,
        },
      ],
      admitted_at: now - 12 * DAY,
      last_seen: now - 20_000,
    },
    {
      id: 'claude-desktop',
      evidence: evidence('/usr/lib/claude-desktop/claude', 3_310),
      status: 'admitted',
      grants: grant(3, 10),
      bridges: 1,
      calls: Array.from({ length: 60 }, () => 0),
      policy: 'custom',
      preset: null,
      standing: [],
      admitted_at: now - 30 * DAY,
      last_seen: now - 5 * HOUR,
    },
    {
      id: 'cursor-intern',
      evidence: evidence('', 0),
      status: 'paused',
      grants: [],
      bridges: 0,
      calls: Array.from({ length: 60 }, () => 0),
      policy: 'preset',
      preset: 'read_only',
      standing: [],
      admitted_at: now - 3 * DAY,
      last_seen: now - 2 * DAY,
    },
  ];
}

export function sampleProposal(now: number): Proposal {
  const ticket = sampleId('tkt', 77);
  return {
    ticket,
    agent: 'claude-code',
    draft: {
      ...emptyDraft(),
      name: 'Acme archive',
      url: 'https://acme-archive.odoo.com/odoo?db=acme-archive',
      database: 'acme-archive',
      login: 'mitchell@acme.example',
      note: 'Needed to compare orders of 2023.',
      proposal: ticket,
    },
    at: now - 2 * MINUTE,
    expires_at: now + 13 * MINUTE,
  };
}

export function sampleTickets(now: number, connections: readonly Connection[]): Approvals {
  const badge = (index: number): ConnectionBadge | null => {
    const connection = connections[index];
    return connection === undefined ? null : badgeOf(connection);
  };
  const ticket = (seed: number, age: number, changes: Partial<TicketView>): TicketView => ({
    id: sampleId('tkt', seed),
    kind: 'call',
    agent: 'claude-code',
    connection: badge(0),
    sentence: 'Change 3 fields on 2 contacts',
    state: { state: 'waiting' },
    opened_at: now - age,
    expires_at: now - age + 15 * MINUTE,
    ...changes,
  });
  return {
    now,
    open: [
      ticket(1, 40_000, {}),
      ticket(2, 90_000, { sentence: 'Delete 120 leads' }),
      ticket(9, 4 * MINUTE, {
        sentence: 'Create 1 quotation for Azure Interior',
        state: { state: 'approved', at: now - 3 * MINUTE },
      }),
      ticket(3, 20_000, { kind: 'admission', agent: 'gemini', connection: null, sentence: 'Admit “gemini”' }),
      ticket(4, 60_000, {
        kind: 'loosening',
        agent: null,
        connection: badge(1),
        sentence: 'Let agents do more through “Acme staging”',
      }),
    ],
    ended: [
      ticket(11, 12 * MINUTE, {
        sentence: 'Change 1 field on 1 sales order',
        state: { state: 'settled', at: now - 11 * MINUTE },
      }),
      ticket(12, 22 * MINUTE, {
        sentence: 'Delete 4 contacts',
        state: { state: 'denied', at: now - 21 * MINUTE, reason: 'These are the suppliers. Archive them instead.' },
      }),
      ticket(13, 50 * MINUTE, {
        sentence: 'Change 2 fields on 1 product',
        agent: 'claude-desktop',
        connection: badge(9),
        state: { state: 'expired', at: now - 35 * MINUTE },
      }),
      ticket(14, 80 * MINUTE, {
        sentence: 'Change 1 field on 3 contacts',
        state: {
          state: 'void',
          at: now - 78 * MINUTE,
          why: 'Azure Interior was changed by someone else in the meantime.',
        },
      }),
      ticket(15, 90 * MINUTE, {
        sentence: 'Create 1 contact',
        state: { state: 'withdrawn', at: now - 85 * MINUTE },
      }),
    ],
  };
}

export function sampleOverview(now: number): Overview {
  const connections = sampleConnections(now);
  return {
    version: '0.1.0',
    now,
    connections: [...connections].sort(
      (a, b) => Number(b.favourite) - Number(a.favourite) || a.name.localeCompare(b.name),
    ),
    trash: [
      sampleConnection(40, now, {
        name: 'Old test server',
        origin: 'https://test.partner.example',
        database: 'test12',
        environment: 'staging',
        deleted_at: now - 6 * DAY,
      }),
    ],
    agents: sampleAgents(now),
    waiting: 4,
    paused: false,
    vault: { state: 'system' },
    proposals: [],
    quarantine: [],
    demo_running: true,
    bridge_path: '/usr/bin/gatehouse-mcp',
    has_pin: false,
  };
}

/** Nothing was added yet: a fresh installation. */
export const emptyOverview = (): Overview => ({
  version: '0.1.0',
  now: 0,
  connections: [],
  trash: [],
  agents: [],
  waiting: 0,
  paused: false,
  vault: { state: 'system' },
  proposals: [],
  quarantine: [],
  demo_running: false,
  bridge_path: '/usr/bin/gatehouse-mcp',
  has_pin: false,
});
