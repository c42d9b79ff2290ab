/** What of a JSON Schema the completion looks at. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema | boolean>;
  patternProperties?: Record<string, Schema | boolean>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  items?: Schema | boolean;
  prefixItems?: (Schema | boolean)[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  then?: Schema;
  else?: Schema;
  $defs?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
}

export interface Offer {
  label: string;
  description: string;
  /** The JSON text that a value is written as; for a key, what its value begins as. */
  json: string;
  required: boolean;
}

/** A schema and everything that it is made of. */
function parts(root: Schema, schema: Schema | boolean | undefined, depth = 0): Schema[] {
  if (typeof schema !== 'object' || depth > 12) return [];
  const referred = schema.$ref === undefined ? [] : parts(root, resolve(root, schema.$ref), depth + 1);
  const inner = [schema.anyOf, schema.oneOf, schema.allOf, [schema.then, schema.else]].flatMap((some) => some ?? []);
  return [schema, ...referred, ...inner.flatMap((one) => parts(root, one, depth + 1))];
}

function resolve(root: Schema, reference: string): Schema | undefined {
  if (!reference.startsWith('#')) return undefined;
  let at: unknown = root;
  for (const token of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at as Schema;
}

/** Every schema that speaks about the value at `path`. */
export function schemasAt(root: Schema, path: readonly (string | number)[]): Schema[] {
  let here = parts(root, root);
  for (const step of path) {
    here = here.flatMap((schema) => children(schema, step).flatMap((child) => parts(root, child)));
  }
  return here;
}

function children(schema: Schema, step: string | number): (Schema | boolean)[] {
  if (typeof step === 'number') return [schema.prefixItems?.[step] ?? schema.items ?? false];
  const { properties = {}, patternProperties = {}, additionalProperties = false } = schema;
  const own = Object.hasOwn(properties, step) ? properties[step] : undefined;
  const alike = Object.entries(patternProperties)
    .filter(([pattern]) => fits(pattern, step))
    .map(([, child]) => child);
  const named = [...(own === undefined ? [] : [own]), ...alike];
  return named.length > 0 ? named : [additionalProperties];
}

function fits(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}

/** The keys that an object at `path` may have. */
export function keysAt(root: Schema, path: readonly (string | number)[]): Offer[] {
  const offers = new Map<string, Offer>();
  const schemas = schemasAt(root, path);
  const required = new Set(schemas.flatMap((schema) => schema.required ?? []));
  for (const [key, child] of schemas.flatMap((schema) => Object.entries(schema.properties ?? {}))) {
    const all = parts(root, child);
    if (offers.has(key)) continue;
    offers.set(key, {
      label: key,
      description: all.find(({ description }) => description !== undefined)?.description ?? '',
      json: beginning(all),
      required: required.has(key),
    });
  }
  return [...offers.values()];
}

/** The values that may stand at `path`, where they can be listed. */
export function valuesAt(root: Schema, path: readonly (string | number)[]): Offer[] {
  const offers = new Map<string, Offer>();
  for (const schema of schemasAt(root, path)) {
    const types = [schema.type ?? []].flat();
    const listed = [
      ...('const' in schema ? [schema.const] : []),
      ...(schema.enum ?? []),
      ...(types.includes('boolean') ? [true, false] : []),
    ];
    for (const value of listed) {
      const json = JSON.stringify(value);
      if (offers.has(json)) continue;
      offers.set(json, {
        label: typeof value === 'string' ? value : json,
        description: schema.description ?? '',
        json,
        required: false,
      });
    }
  }
  return [...offers.values()];
}

/** What a value begins as; empty where it can be anything. */
function beginning(schemas: readonly Schema[]): string {
  // A constant among alternatives is a choice, which is the person's.
  const constants = new Set(schemas.flatMap((schema) => ('const' in schema ? [JSON.stringify(schema.const)] : [])));
  const [only] = constants;
  const hasAlternatives = schemas.some(({ anyOf, oneOf }) => (anyOf ?? oneOf) !== undefined);
  if (only !== undefined && !hasAlternatives) return only;
  const types = schemas.flatMap(({ type }) => type ?? []);
  if (types.includes('object')) return '{}';
  if (types.includes('array')) return '[]';
  return types.includes('string') ||
    [...constants].some((json) => json.startsWith('"')) ||
    schemas.some((schema) => typeof schema.enum?.[0] === 'string')
    ? '""'
    : '';
}
