import { en } from './en';

/** Every text of both windows. A translation is another object of this type. */
export type Messages = typeof en;

export const t: Messages = en;
