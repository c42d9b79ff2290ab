import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { EditorView } from '@codemirror/view';
import type { PolicyPath } from '../../../lib/bindings/PolicyPath';
import type { PolicyTool } from '../../../lib/bindings/PolicyTool';
import { placeAt, type Place } from './place';
import { keysAt, valuesAt, type Offer, type Schema } from './schema';

/** What completion knows of. */
export interface Known {
  schema: () => Promise<Schema>;
  tools: readonly PolicyTool[];
  paths: (tool: string) => Promise<readonly PolicyPath[]>;
}

/** What may stand at a place, by the schema and by what Gatehouse knows. */
export async function offersAt(place: Place, known: Known): Promise<Offer[]> {
  const schema = await known.schema();
  const { path, role, taken } = place;
  const [first, second] = path;
  const named = (json: (name: string) => string): Offer[] =>
    known.tools.map(({ name, title }) => ({ label: name, description: title, json: json(name), required: false }));
  if (role === 'key') {
    const all = path.length === 1 && first === 'tools' ? named(() => '{}') : keysAt(schema, path);
    // Pins stand in the administrator's file alone, which is not edited here.
    return all.filter(({ label }) => !taken.includes(label) && !(path.length === 0 && label === 'pin'));
  }
  if (first === 'hide' && path.length === 2) return named((name) => JSON.stringify(name));
  const values = valuesAt(schema, path);
  if (first !== 'tools' || typeof second !== 'string' || path[path.length - 1] !== 'path') return values;
  const paths = await known.paths(second).catch(() => []);
  const seen = paths.map(({ path: name, seen: values }): Offer => ({
    label: name,
    description: values.slice(0, 4).join(', '),
    json: JSON.stringify(name),
    required: false,
  }));
  return [...seen, ...values.filter(({ label }) => !seen.some((one) => one.label === label))];
}

/** A completion source for policies. */
export const completePolicy =
  (known: Known) =>
  async (context: CompletionContext): Promise<CompletionResult | null> => {
    const place = placeAt(context.state.doc.toString(), context.pos);
    if (place === null || (place.from === place.to && !context.explicit)) return null;
    const offers = await offersAt(place, known).catch(() => []);
    if (offers.length === 0 || context.aborted) return null;
    return {
      from: place.from + Number(place.quoted),
      options: offers.map((offer) => option(offer, place)),
      validFor: /^[\p{L}\d_.\\-]*$/u,
    };
  };

function option({ label, description, json, required }: Offer, place: Place): Completion {
  return {
    label,
    detail: description,
    boost: required ? 1 : 0,
    apply: (view: EditorView, _: Completion, from: number, to: number) => {
      const start = from - Number(place.quoted);
      // Of what stood there, the part behind the cursor may be longer by now.
      const rest = view.state.sliceDoc(to, view.state.doc.lineAt(to).to);
      const end = to + (/^[^"\\,\s}\]]*"/.exec(rest)?.[0].length ?? 0) * Number(place.quoted);
      const isKey = place.role === 'key';
      const isNew = isKey && !place.hasColon;
      // Another key follows on a later line.
      const comma = isNew && /^\s*"/.test(view.state.sliceDoc(end, end + 200)) ? ',' : '';
      const insert = !isKey ? json : isNew ? `${JSON.stringify(label)}: ${json}${comma}` : JSON.stringify(label);
      // Into the braces, brackets or quotes that were just made, or before the comma.
      const inside = (isNew && /^(\{\}|\[\]|"")$/.test(json) ? 1 : 0) + comma.length;
      view.dispatch({
        changes: { from: start, to: end, insert },
        selection: { anchor: start + insert.length - inside },
        userEvent: 'input.complete',
        scrollIntoView: true,
      });
    },
  };
}
