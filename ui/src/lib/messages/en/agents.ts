import { plural } from '../../format';

/** The Agents page. */
export const agents = {
  agents: {
    meaning: 'Programs you admitted. Each may use only the connections granted to it.',
    emptyTitle: 'No agents yet',
    emptyBody: 'Connect an MCP client. Its first call asks you to admit it.',
    connectClient: 'Connect a client',
    program: 'Program seen',
    programUnknown: 'The system does not tell which program this is.',
    grants: 'May use',
    noGrants: 'No connection',
    takeGrant: (connection: string, agent: string) => `Take ${connection} from ${agent}`,
    addGrant: 'Let it use another…',
    addGrantLabel: (agent: string) => `Let ${agent} use another connection`,
    lastSeen: 'Last call',
    admitted: (when: string) => `admitted ${when}`,
    live: (count: number) => plural(count, { one: 'Connected', other: 'Connected # times' }),
    notLive: 'Not connected',
    paused: 'Paused',
    pause: 'Pause',
    resume: 'Resume',
    standing: 'Without asking',
    standingEnds: (left: string) => `${left} left`,
    endStanding: 'End now',
    policy: 'Policy',
    noPolicy: 'None of its own: those of its connections count',
    calls: 'Calls a minute',
    noCalls: 'None in the last hour',
    callsInHour: { one: '# call in the last hour', other: '# calls in the last hour' },
    pace: (most: string, minutesAgo: number, last: string) =>
      `Calls a minute over the last hour: at most ${most}, ${
        minutesAgo === 0 ? 'just now' : plural(minutesAgo, { one: '# minute ago', other: '# minutes ago' })
      }; ${last} in the last minute.`,
    revoke: 'Revoke',
    revokeTitle: (agent: string) => `Revoke ${agent}?`,
    revokeBody: 'Its open requests become void and it must be admitted again before its next call.',
  },
  clients: {
    title: 'Connect a client',
    description: 'Tell your MCP client how to start the Gatehouse bridge.',
    agentName: 'Agent name',
    agentNameHint: 'What Gatehouse calls this client. Grants and limits belong to the name.',
    agentNameRule: 'Use 1 to 40 lower-case letters, digits, - and _, starting with a letter or digit.',
    steps: {
      merge: 'Add this to the file:',
      run: 'Run this in a terminal:',
    },
    systems: {
      any: '',
      mac: 'macOS:',
      windows: 'Windows:',
      linux: 'Linux:',
      macLinux: 'macOS, Linux:',
    },
    snippet: 'Configuration',
    copy: 'Copy',
    copied: 'Copied',
    then: 'Then restart the client. Its first call opens a card here that asks you to admit it.',
  },
};
