import { render } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import ApprovalWindow from '../src/approval/ApprovalWindow.svelte';
import type { Card } from '../src/lib/bindings/Card';
import { FakeHost } from '../src/lib/host/fake';
import { emptyOverview } from '../src/lib/host/sample';
import { sampleCards, type SampleCard } from '../src/lib/host/sample-cards';
import MainWindow from '../src/main-window/MainWindow.svelte';

/** The main window over `host`, once it shows something. */
export async function openMain(host: FakeHost = new FakeHost()) {
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  const screen = render(MainWindow, { host });
  await screen.findByTestId('vault-state');
  return { host, user, ...screen };
}

export const freshHost = (): FakeHost => new FakeHost(Date.now(), emptyOverview());

/** The approval window with these cards waiting. */
export async function openApproval(...cards: (SampleCard | Card)[]) {
  const host = new FakeHost();
  const samples = sampleCards(Date.now());
  host.waitingCards = cards.map((card) => (typeof card === 'string' ? samples[card] : card));
  const screen = render(ApprovalWindow, { host });
  if (cards.length > 0) await screen.findByTestId('card');
  return { host, ...screen };
}
