import { plural } from '../../format';

/** What stands around the pages, and what several of them say. */
export const frame = {
  app: 'Gatehouse',
  version: (version: string) => `Version ${version}`,
  errors: {
    internal: 'Something went wrong inside Gatehouse. Try again; if it stays, restart the app.',
  },
  common: {
    loading: 'Loading…',
    cancel: 'Cancel',
    close: 'Close',
    back: 'Back to the list',
    dismiss: 'Dismiss',
    undo: 'Undo',
    tryAgain: 'Try again',
  },
  pages: {
    label: 'Pages',
    connections: 'Connections',
    approvals: 'Approvals',
    agents: 'Agents',
    policy: 'Policy',
    activity: 'Activity',
    settings: 'Settings',
    waiting: 'waiting',
  },
  environments: {
    production: 'Production',
    staging: 'Staging',
    development: 'Development',
  },
  status: {
    never_checked: 'Never checked',
    ok: 'Signed in',
    failed: 'Failed',
    credential_refused: 'Key refused or expired',
    no_secret: 'Secret missing',
    signed_out: 'Disconnected',
  },
  pause: {
    pauseAll: 'Pause all agents',
    resumeAll: 'Resume agents',
    banner: 'All agents are paused. Every call is refused until you resume them.',
  },
  vault: {
    system: 'System keyring',
    session_only: 'This session only',
    closed: 'Vault closed',
    closedTitle: 'The vault is closed.',
    closedMeaning: 'Until it opens, every call of every agent is refused.',
    trying: 'Trying…',
    useSession: 'Use this session only',
    sessionTitle: 'Keep secrets for this session only?',
    sessionBody:
      'Nothing is written to the system keyring. Your connections come back without their secrets and ask for them again. ' +
      'Agents must be admitted again. When you quit Gatehouse, every secret entered is forgotten.',
  },
  quarantine: {
    title: (count: number) =>
      plural(count, { one: 'Something was changed outside Gatehouse.', other: '# things were changed outside Gatehouse.' }),
    meaning: 'What was changed is not believed.',
  },
  palette: {
    open: 'Find',
    title: 'Go to a page or connection',
    description: 'Type to search. Arrow keys choose, Enter opens.',
    placeholder: 'Page, connection or action…',
    empty: 'Nothing of that name.',
  },
};
