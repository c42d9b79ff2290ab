import { describe, expect, it } from 'vitest';
import type { CallFacts } from '../../lib/bindings/CallFacts';
import { askedTree } from '../../../tests/explanations';
import { contentOf } from './explanation';

const facts: CallFacts = {
  tool: 'odoo_write',
  risk: { category: 'write', severity: 'medium' },
  model: 'res.partner',
  method: 'write',
  ids: [1],
  records: null,
  fields: ['phone'],
  reads: null,
  commands: [],
  effects: ['mail'],
  sensitive: false,
};

describe('an entry’s content', () => {
  it('is parted into explanation and the rest', () => {
    const payload = JSON.stringify({ arguments: { ids: [1] }, explanation: askedTree(), facts });
    expect(contentOf(payload)).toEqual({
      explanation: askedTree(),
      facts,
      text: JSON.stringify({ arguments: { ids: [1] } }, null, 2),
    });
  });

  it('is the explanation alone where there is nothing else', () => {
    expect(contentOf(JSON.stringify({ explanation: askedTree() })).text).toBeNull();
  });

  it('takes no explanation from among the agent’s arguments', () => {
    const payload = JSON.stringify({ arguments: { explanation: askedTree(), facts } });
    expect(contentOf(payload)).toEqual({ explanation: null, facts: null, text: payload });
  });

  it.each([
    ['not JSON'],
    ['[]'],
    [JSON.stringify({ facts: { ...facts, effects: ['magic'] } })],
    ['{"explanation": "because"}'],
    ['{"explanation": {"decision": {"kind": "allow"}, "guard": null, "standing": null, "readings": [{}]}}'],
    [JSON.stringify({ explanation: { ...askedTree(), decision: { kind: 'maybe' } } })],
  ])('shows %s as it is', (payload) => {
    expect(contentOf(payload)).toEqual({ explanation: null, facts: null, text: payload });
  });
});
