import type { CallCard } from '../bindings/CallCard';
import type { ChangeCount } from '../bindings/ChangeCount';
import type { FieldChange } from '../bindings/FieldChange';

/** A field as it changes. */
export const field = (
  name: string,
  label: string,
  before: string | null,
  after: string | null,
  changes: Partial<FieldChange> = {},
): FieldChange => ({
  field: name,
  label,
  before,
  after,
  drifted: false,
  form: 'plain',
  unit: null,
  ...changes,
});

/** A change that so many records have. */
export const counted = (
  before: string | null,
  after: string | null,
  records: number,
  changes: Partial<ChangeCount> = {},
): ChangeCount => ({ before, after, form: 'plain', unit: null, records, ...changes });

/** A call that changes something of contacts. */
export const call = (changes: Partial<CallCard>): CallCard => ({
  tool: 'odoo_write',
  category: 'write',
  severity: 'medium',
  model: 'Contact (res.partner)',
  records: [],
  total: 1,
  touches: [],
  effects: [],
  steps: [],
  summary: [],
  exportable: null,
  can_archive: false,
  preview_error: null,
  unseen: null,
  rule: 'connection:/tools/odoo_write/require_approval/0',
  reason: 'Every change in production is asked about.',
  arguments: '{}',
  standing: null,
  type_count: null,
  ran_before: null,
  drifted: false,
  ...changes,
});
