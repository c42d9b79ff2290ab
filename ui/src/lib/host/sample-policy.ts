import askFirst from '../../../../crates/policy/src/presets/ask_first.json?raw';
import askForRisky from '../../../../crates/policy/src/presets/ask_for_risky.json?raw';
import locked from '../../../../crates/policy/src/presets/locked.json?raw';
import readOnly from '../../../../crates/policy/src/presets/read_only.json?raw';
import trusted from '../../../../crates/policy/src/presets/trusted.json?raw';
import type { AgentView } from '../bindings/AgentView';
import type { Category } from '../bindings/Category';
import type { Connection } from '../bindings/Connection';
import type { Environment } from '../bindings/Environment';
import type { Imported } from '../bindings/Imported';
import type { PolicyLayer } from '../bindings/PolicyLayer';
import type { PolicyPage } from '../bindings/PolicyPage';
import type { PolicyPath } from '../bindings/PolicyPath';
import type { PolicyTool } from '../bindings/PolicyTool';
import type { Preset } from '../bindings/Preset';
import type { PresetText } from '../bindings/PresetText';
import type { Severity } from '../bindings/Severity';
import { printPolicy, readPolicy } from './fake-policy';
import { HOUR, MINUTE } from './sample';

/** Invented data for the Policy page; the presets are the real ones. */

const DAY = 24 * HOUR;

const canonical = (text: string): string => {
  const { outline } = readPolicy(text);
  return outline === null ? text : printPolicy(outline);
};

export const samplePresets = (): PresetText[] => [
  { preset: 'locked', text: canonical(locked) },
  { preset: 'read_only', text: canonical(readOnly) },
  { preset: 'ask_first', text: canonical(askFirst) },
  { preset: 'ask_for_risky', text: canonical(askForRisky) },
  { preset: 'trusted', text: canonical(trusted) },
];

export const PRESET_OF: Record<Environment, Preset> = {
  production: 'ask_first',
  staging: 'ask_for_risky',
  development: 'trusted',
};

/** A short hash of a text; not the real one. */
export function sampleRevision(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

const TOOLS: [name: string, title: string, category: Category, severity: Severity][] = [
  ['open_connection_manager', 'Open Gatehouse', 'execute', 'high'],
  ['user_connection_list', 'List connections', 'read', 'low'],
  ['user_connection_add', 'Propose a connection', 'write', 'medium'],
  ['user_connection_activate', 'Choose a connection', 'write', 'medium'],
  ['user_connection_delete', 'Move a connection to the trash', 'destructive', 'critical'],
  ['odoo_connect', 'Sign in', 'execute', 'medium'],
  ['odoo_disconnect', 'Sign out', 'destructive', 'critical'],
  ['odoo_list_models', 'List models', 'read', 'low'],
  ['odoo_fields_get', 'List fields', 'read', 'low'],
  ['odoo_search_read', 'Search and read records', 'read', 'low'],
  ['odoo_read', 'Read records', 'read', 'low'],
  ['odoo_search_count', 'Count records', 'read', 'low'],
  ['odoo_read_group', 'Group and sum records', 'read', 'low'],
  ['odoo_create', 'Create records', 'write', 'medium'],
  ['odoo_write', 'Change records', 'write', 'medium'],
  ['odoo_unlink', 'Delete records', 'destructive', 'critical'],
  ['odoo_execute', 'Run a method', 'execute', 'high'],
  ['odoo_plan', 'Run several steps', 'execute', 'high'],
  ['odoo_message_post', 'Post a message', 'write', 'medium'],
  ['odoo_attachment_download', 'Download a file', 'read', 'low'],
  ['odoo_attachment_upload', 'Upload a file', 'write', 'medium'],
  ['odoo_report', 'Fetch a report', 'read', 'medium'],
];

export const sampleTools = (): PolicyTool[] =>
  TOOLS.map(([name, title, category, severity]) => ({ name, title, category, severity }));

export const sampleUserPolicy = canonical(`{
  "version": "1",
  "default": "allow",
  "hide": ["odoo_report"],
  "all_tools": {
    "limits": [{ "counter": "calls_per_day", "window": "day", "max": 2000, "scope": "grant" }]
  },
  "tools": {
    "odoo_write": {
      "require": [
        {
          "conditions": [{ "path": "call.records", "op": "lte", "value": 50 }],
          "on_deny": "Change at most 50 records at a time."
        }
      ],
      "deny_if": [
        {
          "conditions": [
            { "path": "call.model", "op": "in", "value": ["account.move", "account.payment"] },
            { "path": "connection.environment", "op": "eq", "value": "production" }
          ],
          "on_deny": "The books of production are closed to agents. Ask Ada."
        }
      ],
      "require_approval": [
        {
          "conditions": [{ "path": "call.fields", "op": "contains", "value": "credit_limit" }],
          "reason": "It changes what a customer may owe.",
          "timeout": "15m"
        }
      ]
    }
  },
  "redact": ["hr.employee.private_*", "res.partner.vat"]
}`);

const managedPolicy = canonical(`{
  "version": "1",
  "default": "allow",
  "hide": ["user_connection_delete"],
  "tools": {
    "odoo_unlink": { "limits": [{ "counter": "deletes_per_day", "window": "day", "max": 20, "scope": "grant" }] }
  },
  "pin": {
    "environments": [
      { "host": "staging.acme.com", "environment": "staging" },
      { "host": "*.acme.com", "environment": "production" },
      { "host": "localhost:*", "environment": "development" }
    ],
    "allowed_hosts": ["*.acme.com", "*.odoo.com", "localhost:*"]
  }
}`);

const layer = (changes: Partial<PolicyLayer> & Pick<PolicyLayer, 'id'>): PolicyLayer => ({
  name: '',
  source: 'absent',
  text: null,
  revision: changes.text == null ? '' : sampleRevision(changes.text),
  editable: true,
  preset: null,
  path: null,
  warnings: [],
  waits: null,
  opened: [],
  history: [],
  ...changes,
});

export function connectionLayer({ id, name, environment }: Connection): PolicyLayer {
  const preset = PRESET_OF[environment];
  const text = samplePresets().find((one) => one.preset === preset)?.text ?? null;
  return layer({ id: `connection:${id}`, name, source: 'environment', preset, text });
}

export function samplePolicyPage(
  now: number,
  connections: readonly Connection[],
  agents: readonly AgentView[],
): PolicyPage {
  const presets = samplePresets();
  const custom = presets.find(({ preset }) => preset === 'read_only')?.text.replace('"max": 60', '"max": 20');
  const older = sampleUserPolicy.replace('"max": 2000', '"max": 500');
  const named = <T extends { name: string }>(all: T[]): T[] => all.sort((a, b) => a.name.localeCompare(b.name));
  return {
    layers: [
      layer({
        id: 'managed',
        source: 'file',
        text: managedPolicy,
        editable: false,
        path: '/etc/gatehouse/policy.json',
      }),
      layer({
        id: 'user',
        source: 'custom',
        text: sampleUserPolicy,
        path: '/home/ada/.config/gatehouse/policy.json',
        history: [
          { id: 41, replaced_at: now - 3 * HOUR, edit: { kind: 'custom', text: older }, text: older },
          {
            id: 37,
            replaced_at: now - 2 * DAY,
            edit: { kind: 'preset', preset: 'ask_first' },
            text: presets[2]?.text ?? null,
          },
          { id: 12, replaced_at: now - 9 * DAY - 40 * MINUTE, edit: { kind: 'absent' }, text: null },
        ],
      }),
      ...named(
        connections.map((connection) =>
          connection.name === 'Bergmann Logistik' && custom !== undefined
            ? {
                ...connectionLayer(connection),
                source: 'custom' as const,
                text: custom,
                revision: sampleRevision(custom),
              }
            : connectionLayer(connection),
        ),
      ),
      ...named(
        agents.map(({ id }) =>
          id === 'cursor-intern'
            ? layer({ id: `agent:${id}`, name: id, source: 'preset', preset: 'read_only', text: presets[1]?.text ?? null })
            : layer({ id: `agent:${id}`, name: id }),
        ),
      ),
    ],
    tools: sampleTools(),
    presets,
  };
}

/** A policy as PolicyLayer's pages show them, in the short form. */
export const sampleShortForm = `{
  "tools": {
    "user_connection_delete": { "action": "deny", "reason": "Destructive operation blocked. Requires human approval." },
    "odoo_write": { "rate_limit": { "max": 30, "window": 60 } },
    "odoo_search_read": { "rate_limit": { "max": 100, "window": 90 } },
    "odoo_unlink": { "action": "audit" }
  }
}
`;

export const sampleImported = (): Imported => ({
  dialect: 'short',
  text: canonical(`{
    "version": "1",
    "default": "deny",
    "tools": {
      "odoo_search_read": { "limits": [{ "counter": "odoo_search_read_rate", "window": "minute", "max": 66, "scope": "grant" }] },
      "odoo_write": { "limits": [{ "counter": "odoo_write_rate", "window": "minute", "max": 30, "scope": "grant" }] },
      "user_connection_delete": {
        "deny_if": [{ "conditions": [], "on_deny": "Destructive operation blocked. Requires human approval." }]
      }
    }
  }`),
  differences: [
    {
      kind: 'stricter',
      source: '',
      target: '/default',
      message: 'The source says nothing of tools that it does not list; here they are denied.',
    },
    {
      kind: 'changed',
      source: '/tools/odoo_search_read/rate_limit/window',
      target: '/tools/odoo_search_read/limits/0',
      message: 'A window of 90 seconds does not exist here; 100 calls in 90 seconds became 66 calls in a minute.',
    },
    {
      kind: 'lost',
      source: '/tools/odoo_unlink/action',
      target: '',
      message:
        '“audit” only writes down what happens. Gatehouse writes down everything, and odoo_unlink is not listed.',
    },
    {
      kind: 'suggestion',
      source: '/tools/user_connection_delete/reason',
      target: '/tools/user_connection_delete/deny_if/0',
      message:
        'The reason speaks of human approval, yet the rule denies. To be asked instead, move it to “require_approval”.',
    },
  ],
});

/** Paths of any tool, and what recent calls had there. */
export const samplePaths = (tool: string): PolicyPath[] => {
  const path = (name: string, kind: PolicyPath['kind'], ...seen: unknown[]): PolicyPath => ({
    path: name,
    kind,
    seen: seen.map((value) => JSON.stringify(value)),
  });
  const odoo = tool.startsWith('odoo_') && !['odoo_connect', 'odoo_disconnect'].includes(tool);
  const writes = ['odoo_write', 'odoo_create'].includes(tool);
  return [
    ...(odoo
      ? [
          path('args.connection', 'text', 'Acme production', 'Acme staging'),
          path('args.model', 'text', 'res.partner', 'sale.order', 'crm.lead', 'product.template', 'account.move'),
        ]
      : [path('args.alias', 'text', 'Acme production')]),
    ...(tool === 'odoo_write' || tool === 'odoo_unlink' ? [path('args.ids', 'list', 14, 10, 33)] : []),
    ...(writes
      ? [
          path('args.values', 'any'),
          path('args.values.phone', 'any', '+49 30 901820'),
          path('args.values.state', 'any', 'draft', 'sent'),
          path('args.values.credit_limit', 'any', 1500, 20000),
        ]
      : []),
    ...(tool === 'odoo_search_read'
      ? [path('args.limit', 'number', 80, 20, 500), path('args.order', 'text', 'name asc')]
      : []),
    path('call.model', 'text', 'res.partner', 'sale.order', 'crm.lead'),
    path('call.method', 'text', writes ? 'write' : 'search_read'),
    path('call.records', 'number', 1, 2, 80, 120),
    path('call.fields', 'list', ...(writes ? ['phone', 'street', 'user_id'] : [])),
    path('call.reads', 'list', 'res.partner.name', 'res.partner.phone'),
    path('call.commands', 'list', ...(writes ? ['res.partner.bank'] : [])),
    path('call.effects', 'list', ...(writes ? ['mail_possible', 'state'] : [])),
    path('call.sensitive', 'boolean', false, true),
    path('connection.name', 'text', 'Acme production', 'Acme staging', 'Bergmann Logistik'),
    path('connection.environment', 'text', 'production', 'staging', 'development'),
    path('connection.host', 'text', 'acme.odoo.com', 'acme-staging.odoo.com'),
    path('connection.database', 'text', 'acme'),
    path('connection.login', 'text', 'mitchell@acme.example'),
    path('connection.version', 'text', '19.0', '17.0'),
    path('agent.name', 'text', 'claude-code', 'claude-desktop'),
  ];
};
