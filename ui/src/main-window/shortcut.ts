const isMac = (): boolean => /mac/i.test(navigator.platform);

/** A shortcut as this desktop writes it: `⌘1` or `Ctrl+1`. */
export const shortcut = (key: string): string => (isMac() ? `⌘${key}` : `Ctrl+${key}`);
