import type { Card } from '../bindings/Card';
import type { UndoCard } from '../bindings/UndoCard';
import { field } from './sample-card-parts';
import { MINUTE, sampleId } from './sample';

/** Cards that the person asked for. */

const undone = (now: number, seed: number, minutes: number, summary: string): UndoCard['calls'][number] => ({
  call: sampleId('call', seed),
  agent: 'claude-code',
  at: now - minutes * MINUTE,
  tool: 'odoo_write',
  summary,
});

/** A write whose fields somebody changed in part since. */
export const undoWrite = (now: number): UndoCard => ({
  calls: [undone(now, 1, 6, 'Changed 3 fields on 2 contacts')],
  steps: [
    {
      number: 1,
      tool: 'odoo_write',
      category: 'write',
      sentence: 'Change 2 fields back on 2 contacts',
      model: 'Contact (res.partner)',
      records: [
        {
          id: 14,
          name: 'Azure Interior',
          change: 'update',
          fields: [
            field('phone', 'Phone', '+49 30 901820', '(870)-931-0505'),
            field('user_id', 'Salesperson', 'Marc Demo', ''),
          ],
          besides: [],
        },
      ],
      touches: [],
      effects: [],
      uses: [],
    },
  ],
  conflicts: [
    {
      record: 'Azure Interior',
      id: 14,
      field: 'street',
      label: 'Street',
      left: 'Unter den Linden 77',
      now: 'Friedrichstraße 100',
    },
  ],
  leaves: ['The note that Odoo wrote into the chatter of 2 contacts.'],
  stops_before: null,
  preview_error: null,
  type_count: null,
});

/** New records that are deleted again. */
export const undoCreate = (now: number): UndoCard => ({
  ...undoWrite(now),
  calls: [{ ...undone(now, 3, 4, 'Created 12 quotations'), tool: 'odoo_create' }],
  steps: [
    {
      number: 1,
      tool: 'odoo_unlink',
      category: 'destructive',
      sentence: 'Delete 12 quotations',
      model: 'Sales Order (sale.order)',
      records: Array.from({ length: 12 }, (_, index) => ({
        id: 60 + index,
        name: `S000${60 + index}`,
        change: 'delete' as const,
        fields: [],
        besides: [],
      })),
      touches: [],
      effects: [],
      uses: [],
    },
  ],
  conflicts: [],
  leaves: [],
  type_count: 12,
});

/** An hour of one agent, up to a call that has no way back. */
export const undoLastHour = (now: number): UndoCard => ({
  ...undoWrite(now),
  calls: [undone(now, 1, 6, 'Changed 3 fields on 2 contacts'), undone(now, 2, 18, 'Changed 1 field on 1 contact')],
  conflicts: [],
  stops_before: 'odoo_execute sent a quotation to hallo@lindenhof.example at 09:14. A sent message does not come back.',
});

/** A card about the PIN; with so many tries left where there is one. */
export const pinCard = (tries?: number): Partial<Card> => ({
  agent: null,
  connection: null,
  held_until: null,
  pin: tries === undefined ? null : { tries_left: tries, refused_until: null },
});
