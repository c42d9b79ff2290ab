/**
 * How each MCP client is told about the bridge. Where the files lie: the vendors' documentation.
 */
import type { Messages } from '../../lib/messages';

export interface Client {
  /** The agent name it gets, unless the person chooses another. */
  agent: string;
  name: string;
  /** What the person does with the snippet. */
  step: keyof Messages['clients']['steps'];
  /** Where it goes; empty for a command. */
  files: readonly { system: keyof Messages['clients']['systems']; path: string }[];
  snippet: (bridge: string, agent: string) => string;
}

/** Lower-case letters, digits, `-` and `_`, 1 to 40 of them, starting with a letter or digit. */
export const isAgentName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,39}$/.test(text);

export const CLIENTS: readonly Client[] = [
  {
    agent: 'claude-desktop',
    name: 'Claude Desktop',
    step: 'merge',
    files: [
      { system: 'mac', path: '~/Library/Application Support/Claude/claude_desktop_config.json' },
      { system: 'windows', path: '%APPDATA%\\Claude\\claude_desktop_config.json' },
      { system: 'linux', path: '~/.config/Claude/claude_desktop_config.json' },
    ],
    snippet: (bridge, agent) => servers('mcpServers', bridge, agent),
  },
  {
    agent: 'claude-code',
    name: 'Claude Code',
    step: 'run',
    files: [],
    snippet: (bridge, agent) => command('claude mcp add --scope user gatehouse --', bridge, agent),
  },
  {
    agent: 'cursor',
    name: 'Cursor',
    step: 'merge',
    files: [{ system: 'any', path: '~/.cursor/mcp.json' }],
    snippet: (bridge, agent) => servers('mcpServers', bridge, agent),
  },
  {
    agent: 'vscode',
    name: 'VS Code',
    step: 'merge',
    files: [
      { system: 'mac', path: '~/Library/Application Support/Code/User/mcp.json' },
      { system: 'windows', path: '%APPDATA%\\Code\\User\\mcp.json' },
      { system: 'linux', path: '~/.config/Code/User/mcp.json' },
    ],
    snippet: (bridge, agent) => servers('servers', bridge, agent, { type: 'stdio' }),
  },
  {
    agent: 'windsurf',
    name: 'Windsurf',
    step: 'merge',
    files: [
      { system: 'macLinux', path: '~/.codeium/windsurf/mcp_config.json' },
      { system: 'windows', path: '%USERPROFILE%\\.codeium\\windsurf\\mcp_config.json' },
    ],
    snippet: (bridge, agent) => servers('mcpServers', bridge, agent),
  },
  {
    agent: 'zed',
    name: 'Zed',
    step: 'merge',
    files: [
      { system: 'macLinux', path: '~/.config/zed/settings.json' },
      { system: 'windows', path: '%APPDATA%\\Zed\\settings.json' },
    ],
    snippet: (bridge, agent) => servers('context_servers', bridge, agent),
  },
  {
    agent: 'codex',
    name: 'Codex',
    step: 'merge',
    files: [{ system: 'any', path: '~/.codex/config.toml' }],
    snippet: (bridge, agent) =>
      [
        '[mcp_servers.gatehouse]',
        `command = ${toml(bridge)}`,
        `args = ["--agent", ${toml(agent)}]`,
        'tool_timeout_sec = 300',
      ].join('\n'),
  },
  {
    agent: 'gemini',
    name: 'Gemini CLI',
    step: 'merge',
    files: [{ system: 'any', path: '~/.gemini/settings.json' }],
    snippet: (bridge, agent) => servers('mcpServers', bridge, agent),
  },
];

const servers = (key: string, bridge: string, agent: string, first: object = {}): string =>
  JSON.stringify({ [key]: { gatehouse: { ...first, command: bridge, args: ['--agent', agent] } } }, null, 2);

const command = (start: string, bridge: string, agent: string): string => `${start} ${quoted(bridge)} --agent ${agent}`;

/** For a POSIX shell; a Windows path is put between plain quotes, which both of its shells take. */
const quoted = (path: string): string =>
  /^[A-Za-z]:\\/.test(path) ? `"${path}"` : /["$`\\!]/.test(path) ? `'${path.replaceAll("'", "'\\''")}'` : `"${path}"`;

/** A TOML basic string has JSON's escapes. */
const toml = (text: string): string => JSON.stringify(text);
