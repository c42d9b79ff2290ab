import type { Unsubscribe } from './host';

/** What the page itself notices, also where the desktop says nothing. */
export function onPageDisturbed(listener: () => void): Unsubscribe {
  const names = ['focus', 'blur', 'resize'] as const;
  names.forEach((name) => window.addEventListener(name, listener));
  document.addEventListener('visibilitychange', listener);
  return () => {
    names.forEach((name) => window.removeEventListener(name, listener));
    document.removeEventListener('visibilitychange', listener);
  };
}
