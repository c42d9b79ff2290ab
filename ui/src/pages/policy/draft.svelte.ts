import { edgeError } from '../../lib/host/edge-error';
import type { Host } from '../../lib/host/host';
import type { EdgeError } from '../../lib/bindings/EdgeError';
import type { PolicyCheck } from '../../lib/bindings/PolicyCheck';
import type { PolicyEdit } from '../../lib/bindings/PolicyEdit';
import type { PolicyLayer } from '../../lib/bindings/PolicyLayer';
import type { PolicyOutline } from '../../lib/bindings/PolicyOutline';
import type { PolicySaved } from '../../lib/bindings/PolicySaved';
import type { Preset } from '../../lib/bindings/Preset';
import type { PresetText } from '../../lib/bindings/PresetText';
import type { TicketId } from '../../lib/bindings/TicketId';
import { changedLines } from '../../lib/difference';

/** Typing rests this long before the text is checked. */
const REST_MILLIS = 250;

/**
 * One layer while it is edited. The text is the truth; the program alone tells what it comes to. An answer to an older
 * question is dropped.
 */
export class LayerDraft {
  /** The layer in force. */
  layer = $state.raw() as PolicyLayer;
  /** What the layer is to become. */
  edit = $state.raw() as PolicyEdit;
  /** What the editor shows. */
  text = $state('');
  /** What the program last said; about `text` only when `isChecked`. */
  check = $state.raw<PolicyCheck | null>(null);
  /** Why it could not be asked. */
  failure = $state.raw<EdgeError | null>(null);
  /** The policy in force changed while this was edited. */
  overtaken = $state(false);
  saving = $state(false);
  /** A draft whose place another took as a whole. */
  replaced = $state.raw<PolicyEdit | null>(null);
  /** What was saved and waits for a yes. */
  #sent = $state.raw<{ ticket: TicketId; edit: PolicyEdit } | null>(null);
  /** What the builder shows: its own last edit, or what the text came to. */
  #outline = $state.raw<PolicyOutline | null>(null);
  /** Whether `check` and `#outline` tell about `text` as it is now. */
  #checked = $state(false);
  #building = $state(false);

  readonly #host: Host;
  readonly #presets: () => readonly PresetText[];
  #asked = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  readonly inForce = $derived.by((): PolicyEdit => editOf(this.layer));
  readonly isDirty = $derived(!sameEdit(this.edit, this.inForce));
  readonly isChecked = $derived(this.#checked);
  /** Whether the outline tells about the text as it is: also while the builder's own edit is printed. */
  readonly isCurrent = $derived(this.#checked || this.#building);
  readonly isAbsent = $derived(this.edit.kind === 'absent' && this.text === '');
  readonly problems = $derived(this.isCurrent ? (this.check?.problems ?? []) : []);
  readonly warnings = $derived(this.isCurrent ? (this.check?.warnings ?? []) : []);
  readonly loosened = $derived(this.#checked && this.isDirty ? (this.check?.loosened ?? []) : []);
  /** For the builder; none while the text does not parse. */
  readonly outline = $derived(this.#outline);
  readonly changes = $derived(changedLines(this.layer.text ?? '', this.text));
  /** The card that this very draft waits on. */
  readonly waitsOn = $derived(
    this.#sent !== null && this.layer.waits !== null && sameEdit(this.#sent.edit, this.edit) ? this.layer.waits : null,
  );
  readonly canSave = $derived(
    this.isDirty && this.#checked && this.problems.length === 0 && !this.saving && this.waitsOn === null,
  );

  constructor(host: Host, layer: PolicyLayer, presets: () => readonly PresetText[]) {
    this.#host = host;
    this.#presets = presets;
    this.layer = layer;
    this.edit = editOf(layer);
    this.text = layer.text ?? '';
    void this.#ask();
  }

  /** The layer as the program tells it now. What is being edited stays. */
  follow(layer: PolicyLayer): void {
    const old = this.layer;
    const wasDirty = this.isDirty;
    this.layer = layer;
    if (layer.waits === null) this.#sent = null;
    if (old.text === layer.text && old.source === layer.source) return;
    if (wasDirty && this.isDirty) {
      this.overtaken = true;
      void this.#ask();
    } else this.discard();
  }

  /** The editor's text changed. */
  type(text: string): void {
    if (text === this.text) return;
    this.replaced = null;
    this.#set({ kind: 'custom', text }, text);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#ask(), REST_MILLIS);
  }

  /** Takes a whole text in place of the draft. */
  take(text: string): void {
    this.choose({ kind: 'custom', text });
  }

  /** Makes this the draft; one that would be lost can be brought back. */
  choose(edit: PolicyEdit): void {
    const lost = this.isDirty && this.edit.kind === 'custom' ? this.edit : null;
    const preset = edit.kind === 'preset' ? edit.preset : edit.kind === 'absent' ? environmentPreset(this.layer) : null;
    const text =
      edit.kind === 'custom' ? edit.text : (this.#presets().find((one) => one.preset === preset)?.text ?? '');
    this.#set(edit, text);
    this.replaced = lost;
    void this.#ask();
  }

  discard(): void {
    this.#set(this.inForce, this.layer.text ?? '');
    this.replaced = null;
    this.overtaken = false;
    void this.#ask();
  }

  /** The builder's edit: its text takes the place of the editor's. */
  async build(outline: PolicyOutline): Promise<void> {
    // It was made from a text that is no longer there.
    if (!this.isCurrent) return;
    const mine = this.#begin();
    this.replaced = null;
    this.#outline = outline;
    this.#building = true;
    try {
      const check = await this.#host.printPolicy(this.layer.id, outline);
      if (mine !== this.#asked) return;
      this.text = check.text;
      this.edit = check.text === this.layer.text ? this.inForce : { kind: 'custom', text: check.text };
      // A mistake made in the builder is mended there: its outline stays.
      this.#answer({ ...check, outline: check.outline ?? outline });
    } catch (reason) {
      if (mine !== this.#asked) return;
      this.#building = false;
      this.failure = edgeError(reason);
    }
  }

  /** None when it was refused; the reason stands in `failure`. */
  async save(): Promise<PolicySaved | null> {
    if (!this.canSave) return null;
    return this.#send(() => this.#host.savePolicy(this.layer.id, this.edit), this.edit);
  }

  async restore(save: number, edit: PolicyEdit): Promise<PolicySaved | null> {
    return this.#send(() => this.#host.restorePolicy(this.layer.id, save), edit);
  }

  recheck(): Promise<void> {
    return this.#ask();
  }

  close(): void {
    clearTimeout(this.#rest);
    this.#asked += 1;
  }

  async #send(command: () => Promise<PolicySaved>, edit: PolicyEdit): Promise<PolicySaved | null> {
    this.saving = true;
    this.failure = null;
    try {
      const saved = await command();
      this.overtaken = false;
      if (saved.kind === 'needs_approval') this.#sent = { ticket: saved.ticket, edit };
      return saved;
    } catch (reason) {
      this.failure = edgeError(reason);
      return null;
    } finally {
      this.saving = false;
    }
  }

  #set(edit: PolicyEdit, text: string): void {
    this.#begin();
    this.text = text;
    // Typed back to what is in force: nothing is to be saved.
    this.edit = edit.kind === 'custom' && text === this.layer.text ? this.inForce : edit;
  }

  /** Something was edited: what was asked before no longer counts. */
  #begin(): number {
    clearTimeout(this.#rest);
    this.#checked = false;
    this.#building = false;
    this.failure = null;
    return (this.#asked += 1);
  }

  async #ask(): Promise<void> {
    const mine = this.#begin();
    if (!this.layer.editable && this.layer.text === null) {
      this.#checked = true;
      return;
    }
    try {
      const check = await this.#host.checkPolicy(this.layer.id, this.edit);
      if (mine === this.#asked) this.#answer(check);
    } catch (reason) {
      if (mine === this.#asked) this.failure = edgeError(reason);
    }
  }

  #answer(check: PolicyCheck): void {
    this.check = check;
    // What a preset or an environment comes to, the program knows best.
    if (this.edit.kind !== 'custom') this.text = check.text;
    this.#outline = check.outline;
    this.#checked = true;
    this.#building = false;
  }
}

/** What the layer in force would be saved as. */
export function editOf({ source, text, preset }: PolicyLayer): PolicyEdit {
  if (source === 'absent' || source === 'environment' || text === null) return { kind: 'absent' };
  return source === 'preset' && preset !== null ? { kind: 'preset', preset } : { kind: 'custom', text };
}

/** The preset that a connection's environment carries, where the program tells it. */
export const environmentPreset = ({ source, preset }: PolicyLayer): Preset | null =>
  source === 'preset' ? null : preset;

export function sameEdit(a: PolicyEdit, b: PolicyEdit): boolean {
  if (a.kind === 'custom') return b.kind === 'custom' && a.text === b.text;
  if (a.kind === 'preset') return b.kind === 'preset' && a.preset === b.preset;
  return b.kind === 'absent';
}
