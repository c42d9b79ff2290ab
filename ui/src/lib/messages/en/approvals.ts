import { plural } from '../../format';

/** The Approvals page. */
export const approvals = {
  approvals: {
    emptyTitle: 'Nothing waits for you',
    emptyBody: 'When an agent wants to do something that needs your approval, it stands here.',
    open: (count: number) => plural(count, { one: '# open request', other: '# open requests' }),
    nothingWaits: 'Nothing waits for you.',
    review: 'Review',
    reviewAll: 'Review what waits',
    openForm: 'Open form',
    withdraw: 'Withdraw',
    byYou: 'You',
    asked: (when: string) => `asked ${when}`,
    expiresIn: (time: string) => `expires in ${time}`,
    approvedWaits: 'approved, waits for the agent',
    running: 'running now',
    ended: 'Ended in this session',
    reason: 'Reason:',
    kinds: {
      call: 'Call',
      admission: 'New agent',
      loosening: 'Fewer restrictions',
      outside_edit: 'Policy file',
      form: 'Proposed connection',
      undo: 'Taking back',
      pin: 'PIN',
    },
    states: {
      waiting: 'Waiting',
      approved: 'Approved',
      running: 'Running',
      settled: 'Done',
      denied: 'Denied',
      expired: 'Expired',
      withdrawn: 'Withdrawn',
      void: 'Void',
    },
  },
};
