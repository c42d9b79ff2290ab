import { describe, expect, it } from 'vitest';
import type { LimitOutline } from '../../../lib/bindings/LimitOutline';
import type { PolicyOutline } from '../../../lib/bindings/PolicyOutline';
import { counterName, counterUses, emptyTool, inserted, removed, replaced, withListed, withMeasure } from './edits';
import { Keys } from './keys';

const limit = (counter: string, changes: Partial<LimitOutline> = {}): LimitOutline => ({
  counter,
  window: 'minute',
  max: 30,
  increment_from: null,
  ...changes,
});
const own = limit('b_rate');
const policy: PolicyOutline = {
  default: 'deny',
  hide: [],
  all_tools: [limit('shared')],
  redact: [],
  pins: { environments: [], allowed_hosts: null },
  tools: [
    { ...emptyTool('a'), limits: [limit('shared')] },
    { ...emptyTool('b'), limits: [limit('shared'), own] },
  ],
};

describe('lists', () => {
  it('are changed in a copy', () => {
    const list = Object.freeze(['a', 'b', 'c']);
    expect(replaced(list, 1, 'x')).toEqual(['a', 'x', 'c']);
    expect(removed(list, 0)).toEqual(['b', 'c']);
    expect(inserted(list, 3, 'd')).toEqual(['a', 'b', 'c', 'd']);
    expect(inserted(removed(list, 1), 1, 'b')).toEqual(list);
  });

  it('of tools stay sorted, and a listed tool keeps its place', () => {
    const listed = withListed(policy, emptyTool('aa'));
    expect(listed.tools.map(({ name }) => name)).toEqual(['a', 'aa', 'b']);
    expect(withListed(policy, emptyTool('z')).tools.map(({ name }) => name)).toEqual(['a', 'b', 'z']);
    const unsorted = { ...policy, tools: [emptyTool('z'), emptyTool('a')] };
    expect(withListed(unsorted, emptyTool('z')).tools.map(({ name }) => name)).toEqual(['z', 'a']);
  });

  it('have names for their items that stay with them', () => {
    const keys = new Keys();
    const [a, b, c] = keys.of(3);
    keys.remove(1);
    expect(keys.of(2)).toEqual([a, c]);
    keys.insert(1);
    const [first, added, last] = keys.of(3);
    expect([first, last]).toEqual([a, c]);
    expect([a, b, c]).not.toContain(added);
    expect(keys.of(1)).toEqual([a]);
  });
});

describe('counters', () => {
  it('are counted by the tools that use them', () => {
    expect(counterUses(policy)).toEqual(
      new Map([
        ['shared', 3],
        ['b_rate', 1],
      ]),
    );
  });

  it('get a name of their own, of characters that a counter may have', () => {
    expect(counterName(policy, 'a', own)).toBe('a_rate');
    expect(counterName(policy, 'b', own)).toBe('b_rate_2');
    expect(counterName(policy, null, own)).toBe('all_tools_rate');
    expect(counterName(policy, 'a', { window: 'day', increment_from: 'call.rows' })).toBe('a_rows_per_day');
    expect(counterName(policy, 'ä b/c', { window: 'hour', increment_from: 'args.a.b' })).toBe('__b_c_a_b_per_hour');
    const long = counterName(policy, 'x'.repeat(300), { window: 'hour', increment_from: `args.${'y'.repeat(300)}` });
    expect(long.length).toBeLessThanOrEqual(100);
  });

  it('follow what they count while the name is the one suggested and nobody shares it', () => {
    expect(withMeasure(policy, 'b', own, { window: 'hour' })).toEqual({ ...own, window: 'hour', counter: 'b_per_hour' });
    const shared = policy.tools[0]!.limits[0]!;
    expect(withMeasure(policy, 'a', shared, { window: 'hour' }).counter).toBe('shared');
    const named = limit('mine');
    const outline = { ...policy, tools: [{ ...emptyTool('c'), limits: [named] }] };
    expect(withMeasure(outline, 'c', named, { increment_from: 'call.records' })).toEqual({
      ...named,
      increment_from: 'call.records',
    });
  });
});
