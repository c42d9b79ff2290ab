import type { RecentCall } from '../bindings/RecentCall';
import type { RecentState } from '../bindings/RecentState';
import { badgeOf, sampleConnections, sampleId } from './sample';

/** A call in each state that it can have after an approval. */
export function sampleRecents(now: number): RecentCall[] {
  const [connection] = sampleConnections(now);
  const call = (seed: number, sentence: string, state: RecentState): RecentCall => ({
    ticket: sampleId('tkt', seed),
    call: sampleId('call', seed),
    sentence,
    connection: connection === undefined ? null : badgeOf(connection),
    approved_at: now - 1_000,
    state,
  });
  return [
    call(81, 'Change 3 fields on 2 contacts', {
      state: 'done',
      at: now,
      summary: '2 records changed',
      undo: { offer: 'possible', leaves: ['The note that Odoo wrote into the chatter.'] },
    }),
    call(82, 'Confirm 1 sales order', { state: 'running' }),
    call(83, 'Create 1 contact', { state: 'waits' }),
    call(84, 'Delete 3 leads', {
      state: 'failed',
      at: now,
      message: 'Odoo refused it: a lead belongs to another company.',
    }),
  ];
}
