import { render } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import type { Component } from 'svelte';
import { FakeHost } from '../src/lib/host/fake';
import { Desk } from '../src/main-window/desk.svelte';
import OnDesk from './OnDesk.svelte';

/** One part of the main window by itself, over `host`. */
export async function openPart<Props extends Record<string, unknown>>(
  part: Component<Props>,
  props: Props,
  host: FakeHost = new FakeHost(),
) {
  const desk = new Desk(host);
  await desk.refresh();
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  const screen = render(OnDesk, { desk, part: part as Component<Record<string, unknown>>, of: props });
  /** Gives the part other properties, the rest stays. */
  const change = (changes: Partial<Props>) => screen.rerender({ of: (props = { ...props, ...changes }) });
  return { host, desk, user, change, ...screen };
}
