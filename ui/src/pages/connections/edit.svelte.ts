import type { Connection } from '../../lib/bindings/Connection';
import type { ConnectionDraft } from '../../lib/bindings/ConnectionDraft';
import type { EdgeError } from '../../lib/bindings/EdgeError';
import type { ParsedUrl } from '../../lib/bindings/ParsedUrl';
import type { SecretInput } from '../../lib/bindings/SecretInput';
import { edgeError } from '../../lib/host/edge-error';
import type { Host } from '../../lib/host/host';
import { t } from '../../lib/messages';
import { ENVIRONMENTS } from './arrange';

export type FieldName = 'url' | 'database' | 'login' | 'name' | 'secret' | 'ca';

const READ_DELAY = 200;

/** A connection while the person edits it. The secret lives here only, until it is saved or given up. */
export class Edit {
  draft = $state<ConnectionDraft>() as ConnectionDraft;
  tags = $state('');
  secretKind = $state<SecretInput['kind']>('api_key');
  secretText = $state('');
  parsed = $state.raw<ParsedUrl | null>(null);
  addressError = $state.raw<EdgeError | null>(null);

  readonly #host: Host;
  readonly #existing: Connection | null;
  readonly #before: string;
  /** What an address may still fill in: nobody typed there. */
  readonly #open: Set<'name' | 'database' | 'environment'>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading = 0;

  constructor(host: Host, initial: ConnectionDraft, existing: Connection | null) {
    this.#host = host;
    this.#existing = existing;
    this.draft = structuredCopy(initial);
    this.tags = initial.tags.join(', ');
    this.#before = this.#text();
    this.#open = new Set();
    if (existing === null) {
      if (initial.name === '') this.#open.add('name');
      if (initial.database === '') this.#open.add('database');
      if (initial.url === '') this.#open.add('environment');
    }
    if (initial.url !== '') void this.#read();
  }

  /** What is saved or tested. */
  get submitted(): ConnectionDraft {
    const tags = this.tags.split(',').map((tag) => tag.trim());
    return { ...structuredCopy($state.snapshot(this.draft)), tags: [...new Set(tags.filter(Boolean))] };
  }

  get secret(): SecretInput | null {
    return this.secretText === '' ? null : { kind: this.secretKind, value: this.secretText };
  }

  get isChanged(): boolean {
    return this.#text() !== this.#before || this.secretText !== '';
  }

  /** A certificate would pass that did not before. */
  get #trustsMore(): boolean {
    const { tls } = this.draft;
    const before = this.#existing?.tls;
    return tls.kind === 'custom_ca' && !(before?.kind === 'custom_ca' && before.pem === tls.pem);
  }

  /** The secret in the vault is bound to origin, database, login and certificates; a change of these asks for it again. */
  get isBindingChanged(): boolean {
    const existing = this.#existing;
    if (existing === null) return true;
    const origin = this.parsed?.origin ?? this.draft.url;
    return (
      origin !== existing.origin ||
      this.draft.database !== existing.database ||
      this.draft.login !== existing.login ||
      this.#trustsMore
    );
  }

  get isSecretNeeded(): boolean {
    const kind = this.#existing?.status.kind;
    return this.isBindingChanged || kind === 'no_secret' || kind === 'credential_refused';
  }

  /** What of this edit will be asked about in the approval window. */
  get loosenings(): string[] {
    const existing = this.#existing;
    if (existing === null) return [];
    const rank = (name: ConnectionDraft['environment']) => ENVIRONMENTS.indexOf(name);
    const found: string[] = [];
    if (rank(this.draft.environment) > rank(existing.environment)) {
      found.push(
        t.form.loosensEnvironment(t.environments[existing.environment], t.environments[this.draft.environment]),
      );
    }
    if (existing.read_only && !this.draft.read_only) found.push(t.form.loosensReadOnly);
    if ((this.parsed?.origin ?? existing.origin) !== existing.origin) found.push(t.form.loosensAddress);
    if (this.#trustsMore) found.push(t.form.loosensTrust);
    return found;
  }

  /** What must be put right before it can be saved, or tested. */
  problems(): Partial<Record<FieldName, string>> {
    const found: Partial<Record<FieldName, string>> = {};
    if (this.draft.url.trim() === '') found.url = t.form.urlMissing;
    else if (this.addressError !== null) found.url = this.addressError.message;
    if (this.draft.name.trim() === '') found.name = t.form.nameMissing;
    if (this.draft.login.trim() === '') found.login = t.form.loginMissing;
    if (this.isSecretNeeded && this.secretText === '') found.secret = t.form.secretMissing;
    const { tls } = this.draft;
    if (tls.kind === 'custom_ca' && !tls.pem.includes('-----BEGIN CERTIFICATE-----')) found.ca = t.form.caMissing;
    return found;
  }

  typed(field: 'name' | 'database' | 'environment'): void {
    this.#open.delete(field);
  }

  /** The address was typed into or pasted; it is read as soon as the typing rests. Nothing is contacted. */
  addressTyped(): void {
    clearTimeout(this.#timer);
    this.addressError = null;
    this.#timer = setTimeout(() => void this.#read(), READ_DELAY);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#reading += 1;
    this.secretText = '';
  }

  async #read(): Promise<void> {
    const reading = (this.#reading += 1);
    const text = this.draft.url.trim();
    if (text === '') {
      this.parsed = null;
      return;
    }
    try {
      const parsed = await this.#host.parseUrl(text);
      if (reading !== this.#reading) return;
      this.parsed = parsed;
      this.addressError = null;
      if (this.#open.has('name')) this.draft.name = parsed.name;
      if (this.#open.has('database')) this.draft.database = parsed.database ?? '';
      if (this.#open.has('environment')) this.draft.environment = parsed.environment;
    } catch (reason) {
      if (reading !== this.#reading) return;
      this.parsed = null;
      this.addressError = edgeError(reason);
    }
  }

  #text(): string {
    return JSON.stringify([this.draft, this.tags]);
  }
}

const structuredCopy = (draft: ConnectionDraft): ConnectionDraft => ({
  ...draft,
  tls: { ...draft.tls },
  tags: [...draft.tags],
});
