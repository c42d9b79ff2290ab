import { sampleTools } from './sample-policy';

/** The JSON Schema of policies, in the form that the program publishes. */
export function sampleSchema(): string {
  const list = (of: object, description: string) => ({ type: 'array', items: of, description });
  const ref = (name: string) => ({ $ref: `#/$defs/${name}` });
  const conditions = list(ref('condition'), 'All of them must hold. None at all always holds.');
  const tools = sampleTools().map(({ name, title }) => [name, { ...ref('tool'), description: title }]);
  return JSON.stringify(
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Gatehouse policy',
      type: 'object',
      required: ['version', 'default'],
      additionalProperties: false,
      properties: {
        version: { const: '1', description: 'The version of the language.' },
        default: { enum: ['allow', 'deny'], description: 'For a tool that “tools” does not list.' },
        hide: list({ type: 'string' }, 'Tools that are gone from the list, and denied when called.'),
        all_tools: {
          type: 'object',
          description: 'What counts every call.',
          additionalProperties: false,
          properties: { limits: list(ref('limit'), 'Limits that count every call.') },
        },
        tools: {
          type: 'object',
          description: 'A listed tool is allowed, subject to its rules.',
          properties: Object.fromEntries(tools),
          additionalProperties: ref('tool'),
        },
        redact: list({ type: 'string' }, 'Patterns over model.field that never reach an agent.'),
      },
      $defs: {
        tool: {
          type: 'object',
          additionalProperties: false,
          properties: {
            require: list(ref('rule'), 'Each must hold, or the call is denied.'),
            deny_if: list(ref('rule'), 'Any that holds denies the call.'),
            limits: list(ref('limit'), 'Counters.'),
            require_approval: list(ref('approval'), 'Any that holds sends the call to a person.'),
          },
        },
        rule: {
          type: 'object',
          required: ['conditions'],
          additionalProperties: false,
          properties: { conditions, on_deny: { type: 'string', description: 'What the agent is told.' } },
        },
        approval: {
          type: 'object',
          required: ['conditions'],
          additionalProperties: false,
          properties: {
            conditions,
            reason: { type: 'string', description: 'What the person is told.' },
            timeout: { type: 'string', description: 'How long it waits for a person: 15m.' },
          },
        },
        condition: {
          type: 'object',
          required: ['path', 'op', 'value'],
          additionalProperties: false,
          properties: {
            path: {
              description: 'What the condition looks at.',
              anyOf: [
                {
                  enum: ['call.model', 'call.method', 'call.records', 'call.fields', 'call.effects', 'call.sensitive'],
                },
                { enum: ['connection.name', 'connection.environment', 'connection.host', 'agent.name'] },
                { type: 'string', pattern: '^args\\.' },
              ],
            },
            op: {
              enum: ['eq', 'neq', 'in', 'not_in', 'lt', 'lte', 'gt', 'gte', 'regex', 'contains', 'exists'],
              description: 'How it compares.',
            },
            value: { description: 'What it compares with.' },
          },
        },
        limit: {
          type: 'object',
          required: ['counter', 'window', 'max', 'scope'],
          additionalProperties: false,
          properties: {
            counter: { type: 'string', description: 'Its name.' },
            window: { enum: ['minute', 'hour', 'day'], description: 'How long a window is.' },
            max: { type: 'integer', minimum: 0, description: 'How much fits into one window.' },
            scope: { const: 'grant', description: 'One agent.' },
            increment_from: { type: 'string', description: 'What is counted, when not calls.' },
          },
        },
      },
    },
    null,
    2,
  );
}
