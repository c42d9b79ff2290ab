import { FakeHost } from './fake';
import { badProbe } from './fake-connections';
import { emptyOverview, sampleOverview, sampleProposal } from './sample';
import { sampleCards, type SampleCard } from './sample-cards';
import { sampleRecents } from './sample-recents';

/** A host as the page's address asks for it; `ui/README.md` lists the parameters. */
export function fakeHostFromAddress(search: string): FakeHost {
  const wish = new URLSearchParams(search);
  const now = Date.now();
  const has = (state: string) => wish.getAll('state').includes(state);
  const host = new FakeHost(now, has('empty') ? emptyOverview() : sampleOverview(now));
  host.stepMillis = 350;
  host.runs = true;
  host.state.has_pin = has('pin');
  if (has('recent')) host.recent = sampleRecents(now);
  if (has('paused')) host.state.paused = true;
  if (has('proposal')) host.state.proposals = [sampleProposal(now)];
  if (has('quarantine')) host.state.quarantine = ['The connection “Harbour Hotels” does not match its seal.'];
  if (has('badprobe')) host.probe = badProbe();
  if (has('broken')) {
    host.report = {
      ok: false,
      entries: 128,
      unsealed: 0,
      unproven: 0,
      problems: ['Entry 57 does not follow entry 56: its hash of the entry before is another one.'],
    };
  }
  if (has('vault')) {
    host.state.vault = {
      state: 'closed',
      error: {
        code: 'vault_locked',
        message: 'The system keyring is locked. Unlock it when your desktop asks, then try again.',
        retry: true,
      },
    };
  }
  const names = wish.getAll('card');
  if (names.length > 0) host.waitingCards = names.map((name) => sampleCards(now)[name as SampleCard]);
  const page = wish.get('page');
  const name = wish.get('select');
  if (page !== null || name !== null) {
    const connection = host.state.connections.find((candidate) => candidate.name === name)?.id ?? null;
    setTimeout(() => host.navigateTo({ page: page ?? 'connections', connection }), 50);
  }
  return host;
}
