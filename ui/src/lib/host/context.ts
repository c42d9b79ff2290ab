import { createContext } from 'svelte';
import type { Host } from './host';

/** The host of the window that a component stands in; set once, by the window itself. */
export const [getHost, setHost] = createContext<Host>();
