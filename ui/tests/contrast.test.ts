import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Text on every ground it stands on: WCAG 2.2 AA wants 4.5. */
const TEXT: [string, string[]][] = [
  [
    'text',
    ['page', 'side', 'raised', 'sunken', 'hover', 'selected', 'danger-tint', 'warn-tint', 'good-tint', 'info-tint'],
  ],
  [
    'muted',
    ['page', 'side', 'raised', 'sunken', 'hover', 'selected', 'info-tint', 'danger-tint', 'warn-tint', 'good-tint'],
  ],
  ['danger', ['page', 'side', 'raised', 'sunken', 'hover', 'selected', 'danger-tint']],
  ['warn', ['page', 'side', 'sunken', 'hover', 'selected', 'warn-tint']],
  ['good', ['page', 'side', 'sunken', 'hover', 'selected', 'good-tint']],
  ['accent-text', ['page', 'side', 'raised', 'sunken', 'selected', 'info-tint', 'warn-tint']],
  ['on-accent', ['accent', 'accent-hover']],
];
/** Edges of controls and focus rings: 3. */
const SHAPES: [string, string[]][] = [
  ['edge', ['page', 'raised', 'side']],
  ['accent-text', ['page', 'side', 'raised']],
];

const themes = readThemes();

describe.each(Object.entries(themes))('%s', (_, colours) => {
  const ratio = (a: string, b: string) => contrast(colours[a] ?? '', colours[b] ?? '');

  it.each(TEXT)('%s can be read', (name, grounds) => {
    for (const ground of grounds) expect(ratio(name, ground), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SHAPES)('%s can be seen', (name, grounds) => {
    for (const ground of grounds) expect(ratio(name, ground), `${name} on ${ground}`).toBeGreaterThanOrEqual(3);
  });
});

/** The token file's themes, each with what it takes over from those before. */
function readThemes(): Record<string, Record<string, string>> {
  const css = readFileSync('src/styles/tokens.css', 'utf8');
  const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
    Object.fromEntries(
      [...(body ?? '').matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
    ),
  );
  const [light, dark, contrastLight, contrastDark] = blocks;
  return {
    light: { ...light },
    dark: { ...light, ...dark },
    'light, more contrast': { ...light, ...contrastLight },
    'dark, more contrast': { ...light, ...dark, ...contrastLight, ...contrastDark },
  };
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
