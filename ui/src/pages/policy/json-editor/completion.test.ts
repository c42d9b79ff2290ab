import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplePaths, sampleTools } from '../../../lib/host/sample-policy';
import { sampleSchema } from '../../../lib/host/sample-schema';
import { offersAt, type Known } from './completion';
import { placeAt } from './place';
import type { Schema } from './schema';

const known: Known = {
  schema: async () => JSON.parse(sampleSchema()) as Schema,
  tools: sampleTools(),
  paths: async (tool) => samplePaths(tool),
};

/** The place of `|` in a text. */
const at = (marked: string) => placeAt(marked.replace('|', ''), marked.indexOf('|'));

async function labels(marked: string): Promise<string[]> {
  const place = at(marked);
  return place === null ? [] : (await offersAt(place, known)).map(({ label }) => label);
}

describe('where the cursor stands', () => {
  it('knows keys and values, with what is being typed', () => {
    expect(at('{"ver|"}')).toMatchObject({ path: [], role: 'key', from: 1, to: 6, quoted: true });
    expect(at('{"default": "al|"}')).toMatchObject({ path: ['default'], role: 'value', from: 12, to: 16 });
    expect(at('{"hide": ["a", |]}')).toMatchObject({ path: ['hide', 1], role: 'value', quoted: false });
    expect(at('{"tools": {"x": {"limits": [{}, {"ma|": 1}]}}}')).toMatchObject({
      path: ['tools', 'x', 'limits', 1],
      role: 'key',
      hasColon: true,
    });
  });

  it('reads an unfinished text', () => {
    expect(at('{"default": |')).toMatchObject({ path: ['default'], role: 'value' });
    expect(at('{"default": "al|\n  "hide": []}')).toMatchObject({ path: ['default'], role: 'value', from: 12, to: 15 });
    expect(at('|')).toMatchObject({ path: [], role: 'value' });
    expect(at('{"a": [1, {"b": t|')).toMatchObject({ path: ['a', 1, 'b'], role: 'value', from: 16, to: 17 });
  });

  it('offers nothing between a key and its colon, or after a value', () => {
    expect(at('{"default" |: "allow"}')).toBeNull();
    expect(at('{"default": "allow" |}')).toBeNull();
  });

  it('knows the other keys of the object, before and after', () => {
    expect(at('{"version": "1", "|", "tools": {"default": {}}, "hide": []}')?.taken).toEqual([
      'version',
      'tools',
      'hide',
    ]);
  });

  it('is not led astray by quotes and brackets in texts', () => {
    expect(at('{"a": "}]\\"{", "tools": {"|"}}')).toMatchObject({ path: ['tools'], role: 'key' });
  });
});

describe('the published schema', () => {
  const published = JSON.parse(readFileSync('../docs/policy.schema.json', 'utf8')) as Schema;
  const offers = async (marked: string) => {
    const place = at(marked);
    return place === null ? [] : offersAt(place, { ...known, schema: async () => published });
  };

  it('offers keys with what their values begin as, never a choice already made', async () => {
    const root = await offers('{"|"}');
    const json = Object.fromEntries(root.map((offer) => [offer.label, offer.json]));
    expect(json).toEqual({ all_tools: '{}', default: '""', hide: '[]', redact: '[]', tools: '{}', version: '"1"' });
    expect(root.every(({ description }) => description !== '')).toBe(true);
  });

  it('offers operators, windows and paths', async () => {
    const values = async (marked: string) => (await offers(marked)).map(({ label }) => label);
    expect(await values('{"tools": {"odoo_write": {"limits": [{"window": "|"}]}}}')).toEqual(['minute', 'hour', 'day']);
    const inCondition = (key: string) => `{"tools": {"odoo_write": {"require": [{"conditions": [{"${key}": "|"}]}]}}}`;
    expect(await values(inCondition('op'))).toContain('exists');
    expect(await values(inCondition('path'))).toContain('connection.environment');
  });
});

describe('what is offered', () => {
  it('keys that are not there yet', async () => {
    expect(await labels('{"version": "1", "|"}')).toEqual(['default', 'hide', 'all_tools', 'tools', 'redact']);
    expect(await labels('{"version": "1",\n  "re|"\n  "default": "deny"}')).toContain('redact');
  });

  it('tools, where tools are named', async () => {
    expect(await labels('{"tools": {"odoo_read": {}, "|": {}}}')).toContain('odoo_write');
    expect(await labels('{"tools": {"odoo_read": {}, "|": {}}}')).not.toContain('odoo_read');
    expect(await labels('{"hide": ["|"]}')).toContain('odoo_unlink');
  });

  it('keys through references and lists, also of a tool that the schema does not name', async () => {
    expect(await labels('{"tools": {"other": {"limits": [{"|"}]}}}')).toEqual([
      'counter',
      'window',
      'max',
      'scope',
      'increment_from',
    ]);
  });

  it('values of an enumeration, and constants', async () => {
    expect(await labels('{"default": "|"}')).toEqual(['allow', 'deny']);
    expect(await labels('{"tools": {"x": {"deny_if": [{"conditions": [{"op": "|"}]}]}}}')).toContain('not_in');
    expect(await labels('{"version": |}')).toEqual(['1']);
  });

  it('paths of the tool, with what was seen there', async () => {
    const place = at('{"tools": {"odoo_write": {"deny_if": [{"conditions": [{"path": "|"}]}]}}}');
    if (place === null) throw new Error('no place');
    const offers = await offersAt(place, known);
    expect(offers.find(({ label }) => label === 'args.values.state')?.description).toBe('"draft", "sent"');
    expect(offers.filter(({ label }) => label === 'call.model')).toHaveLength(1);
  });
});
