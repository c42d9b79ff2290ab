import type { EdgeError } from '../bindings/EdgeError';
import type { Overview } from '../bindings/Overview';
import type { PolicyCheck } from '../bindings/PolicyCheck';
import type { PolicyDraft } from '../bindings/PolicyDraft';
import type { PolicyEdit } from '../bindings/PolicyEdit';
import type { PolicyImport } from '../bindings/PolicyImport';
import type { PolicyLayer } from '../bindings/PolicyLayer';
import type { PolicyOutline } from '../bindings/PolicyOutline';
import type { PolicyPage } from '../bindings/PolicyPage';
import type { PolicySaved } from '../bindings/PolicySaved';
import type { Preset } from '../bindings/Preset';
import type { RecordedCall } from '../bindings/RecordedCall';
import type { RecordedExplanation } from '../bindings/RecordedExplanation';
import type { ReplayReport } from '../bindings/ReplayReport';
import type { Tried } from '../bindings/Tried';
import type { TryCall } from '../bindings/TryCall';
import { readJson } from './fake-json';
import { loosened, printPolicy, readPolicy, warningsOf } from './fake-policy';
import { sampleId } from './sample';
import { PRESET_OF, sampleImported, samplePolicyPage, sampleRevision } from './sample-policy';
import {
  sampleAnswer,
  sampleCalls,
  sampleFacts,
  sampleReplay,
  sampleTree,
  sampleTryCall,
  unchangedReplay,
} from './sample-replay';

/** The policies of the host in memory. */
export class FakePolicies {
  page: PolicyPage;
  calls: RecordedCall[];
  /** The presets that the environments of connections carry, by layer. */
  readonly #carried = new Map<string, Preset>();
  #saves = 100;
  #tickets = 900;

  constructor(now: number, overview: Overview) {
    this.page = samplePolicyPage(now, overview.connections, overview.agents);
    for (const { id, environment } of overview.connections) {
      this.#carried.set(`connection:${id}`, PRESET_OF[environment]);
    }
    this.calls = overview.agents.length === 0 ? [] : sampleCalls(now);
  }

  layer(id: string): PolicyLayer {
    const found = this.page.layers.find((layer) => layer.id === id);
    if (found === undefined) throw refused('This layer is not there any more.');
    return found;
  }

  check(id: string, edit: PolicyEdit): PolicyCheck {
    const layer = this.layer(id);
    const text = this.#textOf(layer, edit);
    const before = layer.text === null ? null : readPolicy(layer.text).outline;
    if (text === null) {
      return {
        text: '',
        canonical: null,
        outline: null,
        problems: [],
        warnings: [],
        loosened: loosened(before, null),
      };
    }
    const { outline, problems } = readPolicy(text);
    const known = this.page.tools.map(({ name }) => name);
    return {
      text,
      canonical: outline === null ? null : printPolicy(outline),
      outline,
      problems,
      warnings: outline === null ? [] : warningsOf(text, outline, known),
      loosened: outline === null ? [] : loosened(before, outline),
    };
  }

  print(id: string, outline: PolicyOutline): PolicyCheck {
    return this.check(id, { kind: 'custom', text: printPolicy(outline) });
  }

  save(id: string, edit: PolicyEdit): PolicySaved {
    const check = this.check(id, edit);
    if (check.problems.length > 0) throw refused('The policy has errors; nothing was saved.');
    if (check.loosened.length > 0) {
      const ticket = sampleId('tkt', (this.#tickets += 1));
      this.#replace({ ...this.layer(id), waits: ticket });
      return { kind: 'needs_approval', ticket };
    }
    this.apply(id, edit);
    return { kind: 'saved' };
  }

  /** As if the person had approved it. */
  apply(id: string, edit: PolicyEdit): void {
    const old = this.layer(id);
    const text = this.#textOf(old, edit);
    const { kind } = edit;
    const was: PolicyEdit =
      old.source === 'custom' && old.text !== null
        ? { kind: 'custom', text: old.text }
        : old.source === 'preset' && old.preset !== null
          ? { kind: 'preset', preset: old.preset }
          : { kind: 'absent' };
    const carried = this.#carriedBy(old);
    this.#replace({
      ...old,
      source: kind !== 'absent' ? kind : carried === null ? 'absent' : 'environment',
      preset: edit.kind === 'preset' ? edit.preset : carried,
      text,
      revision: text === null ? '' : sampleRevision(text),
      waits: null,
      history: [{ id: (this.#saves += 1), replaced_at: Date.now(), edit: was, text: old.text }, ...old.history].slice(
        0,
        10,
      ),
    });
  }

  /** As if the card had been approved at once. */
  openModel(id: string, model: string): PolicySaved {
    if (!/^(res\.(users|groups)|ir\.|base\.)/.test(model)) throw refused(`${model} is not closed: policy alone decides about it.`);
    const layer = this.layer(id);
    layer.opened = [...layer.opened.filter((one) => one.model !== model), { model, until: Date.now() + 3_600_000 }];
    return { kind: 'needs_approval', ticket: 'tkt_00000000000000000077' };
  }

  closeModel(id: string, model: string): void {
    const layer = this.layer(id);
    layer.opened = layer.opened.filter((one) => one.model !== model);
  }

  restore(id: string, save: number): PolicySaved {
    const found = this.layer(id).history.find((one) => one.id === save);
    if (found === undefined) throw refused('This save is no longer kept.');
    return this.save(id, found.edit);
  }

  import(text: string): PolicyImport {
    const root = readJson(text);
    if ('message' in root) return { imported: null, problems: [root] };
    if (/"(action|rate_limit)"/.test(text)) return { imported: sampleImported(), problems: [] };
    const { outline, problems } = readPolicy(text);
    if (outline === null) return { imported: null, problems };
    return { imported: { dialect: 'hosted', text: printPolicy(outline), differences: [] }, problems: [] };
  }

  try(call: TryCall, draft: PolicyDraft | null): Tried {
    const given = readJson(call.arguments);
    if ('message' in given) return { tree: null, facts: null, error: refused(given.message) };
    const denies = draft !== null && call.tool === 'odoo_unlink';
    const answer = denies ? 'deny' : /read|list|count|fields|report|download/.test(call.tool) ? 'allow' : 'ask';
    return { tree: sampleTree(call, answer), facts: sampleFacts(call), error: null };
  }

  recorded(seq: number): RecordedCall {
    const found = this.calls.find((call) => call.seq === seq);
    if (found === undefined) throw refused('This call is no longer kept.');
    return found;
  }

  replay(draft: PolicyDraft): ReplayReport {
    const same = this.#textOf(this.layer(draft.layer), draft.edit) === this.layer(draft.layer).text;
    return same ? unchangedReplay(this.calls) : sampleReplay(this.calls);
  }

  explain(seq: number, draft: PolicyDraft): RecordedExplanation {
    const call = this.recorded(seq);
    const again = sampleTryCall(call);
    const before = sampleAnswer(call);
    const after = this.replay(draft).changes.find((change) => change.call.seq === seq)?.to.kind ?? before;
    return { call, again, before: sampleTree(again, before), after: sampleTree(again, after) };
  }

  #textOf(layer: PolicyLayer, edit: PolicyEdit): string | null {
    const preset = edit.kind === 'preset' ? edit.preset : this.#carriedBy(layer);
    if (edit.kind === 'custom') return edit.text;
    return this.page.presets.find((one) => one.preset === preset)?.text ?? null;
  }

  #carriedBy({ id, source, preset }: PolicyLayer): Preset | null {
    return this.#carried.get(id) ?? (source === 'environment' ? preset : null);
  }

  #replace(layer: PolicyLayer): void {
    this.page = { ...this.page, layers: this.page.layers.map((old) => (old.id === layer.id ? layer : old)) };
  }
}

const refused = (message: string): EdgeError => ({ code: 'invalid_arguments', message, retry: false });
