import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type AST } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { en } from '../src/lib/messages/en';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((name) => join('src', name).replaceAll('\\', '/'))
  .filter((name) => /\.(svelte|ts)$/.test(name) && !name.includes('/bindings/') && !name.endsWith('.test.ts'));
const components = files.filter((name) => name.endsWith('.svelte'));
const text = (name: string) => readFileSync(name, 'utf8');

describe('the source', () => {
  it('reaches the desktop through src/lib/host alone', () => {
    const others = files.filter((name) => !name.startsWith('src/lib/host/') && text(name).includes('@tauri-apps/'));
    expect(others).toEqual([]);
  });

  it('never draws markup from text', () => {
    expect(files.filter((name) => /\{@html|innerHTML|insertAdjacentHTML/.test(text(name)))).toEqual([]);
  });

  it('has no style attributes, which the content security policy forbids', () => {
    expect(components.filter((name) => attributes(name).some(({ name: attribute }) => attribute === 'style'))).toEqual(
      [],
    );
  });

  it('asks Gatehouse what time it is, and not the system, whose clock can be set', () => {
    const may = (name: string) => name.startsWith('src/lib/host/') || name === 'src/lib/clock.svelte.ts';
    expect(files.filter((name) => !may(name) && /Date\.now\(|new Date\(\)/.test(text(name)))).toEqual([]);
  });

  it('uses every message', () => {
    const everything = files.map(text).join('\n');
    const unused = Object.entries(en).flatMap(([section, messages]) =>
      Object.keys(typeof messages === 'object' ? messages : {}).flatMap((key) =>
        everything.includes(`t.${section}.${key}`) || everything.includes(`t.${section}[`) ? [] : [`${section}.${key}`],
      ),
    );
    expect(unused).toEqual([]);
  });

  it('keeps every word in the message catalogue', () => {
    const spoken = ['aria-label', 'aria-description', 'title', 'placeholder', 'alt', 'label'];
    const literals = components.flatMap((name) => [
      ...texts(name).map((literal) => `${name}: ${literal}`),
      ...attributes(name)
        .filter((attribute) => spoken.includes(attribute.name))
        .flatMap(({ value }) => (Array.isArray(value) ? value : []))
        .flatMap((part) => (part.type === 'Text' && isWord(part.data) ? [`${name}: ${part.data}`] : [])),
    ]);
    expect(literals).toEqual([]);
  });
});

const isWord = (literal: string) => /\p{L}{2}/u.test(literal);

function texts(name: string): string[] {
  const found: string[] = [];
  walk(parse(text(name), { modern: true }).fragment, (node) => {
    if (node.type === 'Text' && node.data !== undefined && isWord(node.data)) found.push(node.data.trim());
    return node.type !== 'Attribute';
  });
  return found;
}

function attributes(name: string): AST.Attribute[] {
  const found: AST.Attribute[] = [];
  walk(parse(text(name), { modern: true }).fragment, (node) => {
    if (node.type === 'Attribute') found.push(node as unknown as AST.Attribute);
    return true;
  });
  return found;
}

interface Node {
  type: string;
  data?: string;
}

/** Visits every node; the visitor says whether to go inside. */
function walk(value: unknown, visit: (node: Node) => boolean): void {
  if (Array.isArray(value)) value.forEach((part) => walk(part, visit));
  else if (typeof value === 'object' && value !== null) {
    if ('type' in value && typeof value.type === 'string' && !visit(value as Node)) return;
    for (const [key, part] of Object.entries(value)) if (key !== 'metadata' && key !== 'parent') walk(part, visit);
  }
}
