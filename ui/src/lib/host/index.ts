import type { Host } from './host';

/** The desktop app's host; in development, outside of the app, one that lives in memory. */
export async function currentHost(): Promise<Host> {
  const mayBeFake = import.meta.env.DEV || import.meta.env.MODE === 'fake';
  if (mayBeFake && !('__TAURI_INTERNALS__' in window)) {
    const { fakeHostFromAddress } = await import('./fake-address');
    return fakeHostFromAddress(location.search);
  }
  const { tauriHost } = await import('./tauri');
  return tauriHost;
}
