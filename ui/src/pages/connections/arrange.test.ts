import { expect, it } from 'vitest';
import { sampleConnections } from '../../lib/host/sample';
import { arranged, type Arrangement } from './arrange';

const all = sampleConnections(1_000_000_000_000);
const names = (changes: Partial<Arrangement> = {}) =>
  arranged(all, { search: '', environment: null, order: 'name', ...changes }).map(({ name }) => name);

it('lists favourites first, then by name', () => {
  expect(names().slice(0, 4)).toEqual(['Acme production', 'Acme staging', 'Bergmann Logistik', 'Café Zoé']);
});

it('finds by name, host, database, tag and note, in any order and without accents', () => {
  expect(names({ search: 'ZOE cafe' })).toEqual(['Café Zoé']);
  expect(names({ search: 'deltawind' })).toEqual(['Delta Wind']);
  expect(names({ search: 'hotels_live' })).toEqual(['Harbour Hotels']);
  expect(names({ search: 'logistics' })).toEqual(['Bergmann Logistik']);
  expect(names({ search: 'month-end' })).toEqual(['Acme production']);
  expect(names({ search: 'nowhere' })).toEqual([]);
});

it('keeps to one environment, and sorts by it', () => {
  expect(names({ environment: 'development' })).toEqual(['Demo', 'Local 19']);
  expect(names({ order: 'environment' }).at(-1)).toBe('Local 19');
});

it('sorts by the last check, never checked last', () => {
  const order = names({ order: 'checked' });
  expect(order[2]).toBe('Local 19');
  expect(['Fjord Shipping', 'Harbour Hotels', 'Orchard Foods']).toContain(order.at(-1));
});
