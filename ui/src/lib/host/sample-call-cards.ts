import type { CallCard } from '../bindings/CallCard';
import type { StepCard } from '../bindings/StepCard';
import { call, counted, field } from './sample-card-parts';

const NOTES = (days: number, bank: string) =>
  `Pays within ${days} days. ` +
  'The warehouse in Graz takes deliveries from 7 to 15 on working days; the gate is at the back, behind the bakery. ' +
  'Ask for Ms Huber, who keeps the list of pallets and signs for them herself. ' +
  `Invoices go to the office in Vienna, and are paid from the account at ${bank}.`;

/** Every form of value: running text, amounts, days and moments. */
export const rewrite = (): CallCard =>
  call({
    records: [
      {
        id: 31,
        name: 'Azure Interior',
        change: 'update',
        fields: [
          field('comment', 'Notes', NOTES(30, 'Erste Bank'), NOTES(60, 'an address to follow'), { form: 'text' }),
          field('credit_limit', 'Credit Limit', '1250.50', '20000.00', { form: 'number', unit: '€' }),
          field('date', 'Customer since', '2024-02-29', '2026-11-21', { form: 'date' }),
          field('meeting', 'Next Meeting', '2026-11-21 09:30:00', '2026-12-01 14:00:00', { form: 'datetime' }),
          field('color', 'Colour', '3', '4', { form: 'number' }),
          field('ref', 'Reference', '', 'AI-2026', { form: 'text' }),
        ],
        besides: [],
      },
    ],
  });

const step = (number: number, changes: Partial<StepCard>): StepCard => ({
  number,
  tool: 'odoo_create',
  category: 'write',
  sentence: '',
  model: 'Contact (res.partner)',
  records: [],
  touches: [],
  effects: [],
  uses: [],
  ...changes,
});

/** A new customer, an order for it, and its confirmation. */
export const plan = (): CallCard =>
  call({
    tool: 'odoo_plan',
    model: null,
    total: null,
    severity: 'high',
    effects: ['mail'],
    reason: 'Every change in production is asked about.',
    steps: [
      step(1, {
        sentence: 'Create 1 contact',
        records: [
          {
            id: null,
            name: 'Lindenhof Bäckerei',
            change: 'create',
            fields: [
              field('name', 'Name', null, 'Lindenhof Bäckerei'),
              field('email', 'Email', null, 'hallo@lindenhof.example'),
            ],
            besides: [field('lang', 'Language', null, 'English (US)')],
          },
        ],
      }),
      step(2, {
        sentence: 'Create 1 sales order',
        model: 'Sales Order (sale.order)',
        uses: ['Customer: the record of step 1'],
        records: [
          {
            id: null,
            name: 'New',
            change: 'create',
            fields: [
              field('partner_id', 'Customer', null, 'the record of step 1'),
              field('amount_total', 'Total', null, '1250.00', { form: 'number', unit: '€' }),
            ],
            besides: [],
          },
        ],
        touches: ['Creates 2 lines of “Order Lines” through order_line.'],
      }),
      step(3, {
        tool: 'odoo_execute',
        category: 'execute',
        sentence: 'Confirm 1 sales order',
        model: 'Sales Order (sale.order)',
        uses: ['Record: the record of step 2'],
        effects: ['mail', 'state'],
      }),
    ],
    arguments: JSON.stringify({ steps: [] }, null, 2),
  });

/** More records than a card shows. */
export const several = (): CallCard =>
  call({
    model: 'Lead (crm.lead)',
    total: 120,
    exportable: 120,
    records: Array.from({ length: 50 }, (_, index) => ({
      id: 400 + index,
      name: `Quote for ${20 + index} chairs`,
      change: 'update' as const,
      fields: [
        field('user_id', 'Salesperson', index % 2 === 0 ? 'Mitchell Admin' : '', 'Marc Demo'),
        field('priority', 'Priority', 'Low', 'High'),
      ],
      besides: [],
    })),
    summary: [
      {
        field: 'user_id',
        label: 'Salesperson',
        besides: false,
        changes: [
          counted('Mitchell Admin', 'Marc Demo', 64),
          counted('', 'Marc Demo', 48),
        ],
        others: 8,
      },
      { field: 'priority', label: 'Priority', besides: false, changes: [counted('Low', 'High', 120)], others: 0 },
      {
        field: 'expected_revenue',
        label: 'Expected Revenue',
        besides: false,
        changes: [
          counted('0', '1250.5', 71, { form: 'number', unit: 'EUR' }),
          counted('0', '1250.5', 40, { form: 'number', unit: 'USD' }),
          counted('980 USD', '1250.5 EUR', 9),
        ],
        others: 0,
      },
      {
        field: 'date_deadline',
        label: 'Expected Closing',
        besides: false,
        changes: [
          counted('—', '2026-12-24', 112, { form: 'date' }),
          counted('2026-11-30', '2026-12-24', 8, { form: 'date' }),
        ],
        others: 0,
      },
      { field: 'team_id', label: 'Sales Team', besides: true, changes: [counted('', 'Sales', 1)], others: 0 },
    ],
    standing: null,
  });

/** No preview, and yet one that may be approved. */
export const sureUnseen = (): CallCard =>
  call({
    total: 4,
    preview_error: 'Odoo did not answer in time while the current values were read.',
    unseen: 'approve unseen',
  });
