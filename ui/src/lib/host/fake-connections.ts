import type { ParsedUrl } from '../bindings/ParsedUrl';
import type { ProbeStep } from '../bindings/ProbeStep';
import { hostOf } from '../connection-status';

/** What the real parser does, roughly. */
export function parseAddress(text: string): ParsedUrl {
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  } catch {
    throw {
      code: 'invalid_address',
      message: 'This is not an address. Paste it as your browser shows it.',
      retry: false,
    };
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    throw {
      code: 'invalid_address',
      message: `Use https for ${url.host}: over http the key could be read on the way.`,
      retry: false,
    };
  }
  const own = /^([a-z0-9-]+)\.odoo\.com$/.exec(url.hostname)?.[1] ?? null;
  return {
    origin: url.origin,
    host: hostOf(url.origin),
    database: url.searchParams.get('db') ?? own,
    name: own ?? url.hostname,
    environment: loopback ? 'development' : 'production',
    api_key_page: `${url.origin}/odoo/my-preferences`,
  };
}

const step = (name: string, message: string, elapsed_ms: number, changes: Partial<ProbeStep> = {}): ProbeStep => ({
  step: name,
  state: 'ok',
  message,
  fix: null,
  elapsed_ms,
  ...changes,
});

/** A test that ends well. */
export function goodProbe(): ProbeStep[] {
  return [
    step('address', 'https://acme.odoo.com', 0),
    step('dns', '35.195.10.4', 12),
    step('tcp', 'Port 443 answers.', 19),
    step('tls', 'TLS 1.3, issued by Let’s Encrypt for *.odoo.com, valid for 61 days.', 44),
    step('version', '19.0', 61),
    step('protocol', 'JSON-2', 0),
    step('database', 'acme', 22),
    step('sign_in', 'Mitchell Admin, Acme GmbH', 83),
    step('rights', 'Administrator: an ordinary user would be safer for agents.', 40, { state: 'warning' }),
  ];
}

/** A test that ends with a refused sign-in. */
export function badProbe(): ProbeStep[] {
  return [
    ...goodProbe().slice(0, 7),
    step('sign_in', 'Odoo refused the login or the key.', 83, {
      state: 'failed',
      fix: 'Make a new API key under your profile, Account Security. Odoo Online gives its API only on the Custom plan.',
    }),
  ];
}
