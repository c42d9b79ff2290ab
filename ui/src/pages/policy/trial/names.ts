import type { Desk } from '../../../main-window/desk.svelte';
import type { ConnectionName } from './words';

/** The names of connections, those in the trash among them. */
export const connectionNames =
  (desk: Desk): ConnectionName =>
  (id) =>
    desk.connection(id)?.name ?? desk.overview?.trash.find((connection) => connection.id === id)?.name ?? null;
