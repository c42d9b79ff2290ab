import { describe, expect, it } from 'vitest';
import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import type { PolicyProblem } from '../../../lib/bindings/PolicyProblem';
import { byTool, fixOf, left, pointer, under, withFix } from './places';

const at = (place: string, message = 'Wrong.'): PolicyProblem => ({ pointer: place, line: 1, column: 1, message });

const outline: PolicyOutline = {
  default: 'deny',
  hide: [],
  all_tools: [],
  redact: [],
  pins: { environments: [], allowed_hosts: null },
  tools: [
    {
      name: 'odoo_write',
      require: [],
      deny_if: [
        {
          conditions: [
            { path: 'args.values', op: 'contains', value: '"x"' },
            { path: 'args.values.state', op: 'eq', value: '"done"' },
          ],
          on_deny: null,
        },
      ],
      limits: [],
      require_approval: [],
    },
  ],
};
const warning = at(
  '/tools/odoo_write/deny_if/0',
  'This rule does nothing when the agent leaves args.values.state out. A require with {"path": "args.values.state", "op": "exists", "value": true} closes that.',
);

describe('places', () => {
  it('are pointers with their escapes', () => {
    expect(pointer('tools', 'a/b~c', 'deny_if', 0)).toBe('/tools/a~1b~0c/deny_if/0');
    expect([...byTool([at('/tools/a~1b~0c/limits'), at('/hide/0'), at('')]).keys()]).toEqual(['a/b~c']);
  });

  it('hold what is at them or inside them, and not what only begins alike', () => {
    const all = [at('/tools/a'), at('/tools/a/limits/1/max'), at('/tools/ab')];
    expect(under(all, '/tools/a')).toHaveLength(2);
    expect(under(all, '/tools/a/limits/1')).toHaveLength(1);
    expect(left(all, '/tools/a', ['/tools/a/limits'])).toEqual([all[0]]);
    expect(left(all, '', ['/tools'])).toEqual([]);
  });
});

describe('the fix of a warning', () => {
  it('is the path that the warning names, the longest of those that fit', () => {
    expect(fixOf(warning, outline)).toEqual({ tool: 'odoo_write', path: 'args.values.state' });
  });

  it('is a demand that the argument is given, after those that there are', () => {
    const fixed = withFix(outline, { tool: 'odoo_write', path: 'args.values.state' });
    expect(fixed.tools[0]?.require).toEqual([
      { conditions: [{ path: 'args.values.state', op: 'exists', value: 'true' }], on_deny: null },
    ]);
    expect(fixed.tools[0]?.deny_if).toBe(outline.tools[0]?.deny_if);
    expect(fixOf(warning, fixed)).toBeNull();
  });

  it('is not offered where the message names none, or the rule is gone', () => {
    expect(fixOf(at('/tools/odoo_write', 'Gatehouse has no tool “odoo_write”.'), outline)).toBeNull();
    expect(fixOf({ ...warning, pointer: '/tools/odoo_write/deny_if/7' }, outline)).toBeNull();
    expect(fixOf({ ...warning, pointer: '/tools/other/deny_if/0' }, outline)).toBeNull();
  });
});
