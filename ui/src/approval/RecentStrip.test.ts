import { fireEvent } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { axeFindings } from '../../tests/axe';
import { arm, breathe, click, inStandingTime, sample } from '../../tests/hands';
import { openApproval } from '../../tests/windows';
import type { RecentCall } from '../lib/bindings/RecentCall';
import { sampleRecents } from '../lib/host/sample-recents';

inStandingTime();

/** The write of the sample cards, approved just now and done. */
function done(changes: Partial<RecentCall> = {}): RecentCall {
  const [first] = sampleRecents(Date.now());
  if (first === undefined) throw new Error('no call');
  return { ...first, ...changes };
}

/** The window after its only card was approved. */
async function approved(...recent: RecentCall[]) {
  const screen = await openApproval('write');
  await arm();
  screen.host.recent = recent.length === 0 ? [done()] : recent;
  await click(screen.getByTestId('approve'));
  await breathe();
  return screen;
}

describe('what was approved a moment ago', () => {
  it('stands in the window for ten seconds, with its way back, which then closes itself', async () => {
    const { host, getByTestId, queryByTestId } = await approved();
    expect(queryByTestId('card-sentence')).toBeNull();
    expect(getByTestId('recent').textContent).toContain('2 records changed');
    await vi.advanceTimersByTimeAsync(9_000);
    expect(getByTestId(`undo-${done().ticket}`).textContent).toContain('1');
    expect(host.called('closeApproval')).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(queryByTestId('recent')).toBeNull();
    expect(host.called('closeApproval')).toHaveLength(1);
  });

  it('waits while the pointer or the focus rests on it', async () => {
    const { host, getByTestId } = await approved();
    await fireEvent.pointerEnter(getByTestId('recent'));
    await vi.advanceTimersByTimeAsync(30_000);
    await fireEvent.focusIn(getByTestId(`undo-${done().ticket}`));
    await fireEvent.pointerLeave(getByTestId('recent'));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(host.called('closeApproval')).toEqual([]);
    await fireEvent.focusOut(getByTestId(`undo-${done().ticket}`));
    await vi.advanceTimersByTimeAsync(10_500);
    expect(host.called('closeApproval')).toHaveLength(1);
  });

  it('is left at once by Close', async () => {
    const { host, getByTestId } = await approved();
    await click(getByTestId('close-approval'));
    expect(host.called('closeApproval')).toHaveLength(1);
  });

  it('begins its ten seconds when it ends', async () => {
    const running = done({ state: { state: 'running' } });
    const { host, getByTestId } = await approved(running);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(getByTestId(`recent-${running.ticket}`).dataset['state']).toBe('running');
    host.recent = [done()];
    host.announce('approvals');
    await vi.advanceTimersByTimeAsync(8_000);
    expect(host.called('closeApproval')).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(host.called('closeApproval')).toHaveLength(1);
  });

  it('is taken back on a card of its own', async () => {
    const { host, getByTestId, findByTestId } = await approved();
    await click(getByTestId(`undo-${done().ticket}`));
    expect(host.called('undoRecent')).toEqual([[done().call]]);
    expect((await findByTestId('card')).dataset['kind']).toBe('undo');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.called('closeApproval')).toEqual([]);
  });

  it('says why it cannot be taken back', async () => {
    const { host, getByTestId } = await approved();
    host.fail('undoRecent', { code: 'ticket_gone', message: 'It was taken back already.', retry: false });
    await click(getByTestId(`undo-${done().ticket}`));
    expect(getByTestId('recent').textContent).toContain('It was taken back already.');
  });

  it('says what waits, runs, is done and failed, and axe finds nothing', async () => {
    const { getByTestId } = await approved(...sampleRecents(Date.now()));
    const texts = [81, 82, 83, 84].map((seed) => {
      const row = getByTestId(`recent-tkt_${seed.toString(16).padStart(20, '0')}`);
      return `${row.dataset['state']}: ${row.textContent}`;
    });
    expect(texts[0]).toContain('done: ');
    expect(texts[1]).toContain('Running');
    expect(texts[2]).toContain('Runs when the agent asks again');
    expect(texts[3]).toContain('a lead belongs to another company');
    vi.useRealTimers();
    expect(await axeFindings()).toEqual([]);
  });

  it('never keeps a card from being shown', async () => {
    const { host, getByTestId } = await openApproval('write');
    host.fail('recentCalls', { code: 'internal', message: 'That did not work.', retry: false });
    host.announce('approvals');
    await vi.advanceTimersByTimeAsync(20);
    expect(getByTestId('card-sentence').textContent).toContain('Change 3 fields');
    expect(getByTestId('failure').textContent).toContain('That did not work.');
  });
});

describe('the next card', () => {
  it('stands under what was approved before, and waits anew when that grows', async () => {
    const grown: (() => void)[] = [];
    const { ResizeObserver } = globalThis;
    vi.stubGlobal(
      'ResizeObserver',
      class {
        constructor(listener: () => void) {
          grown.push(listener);
        }
        observe() {}
        disconnect() {}
      },
    );
    const { host, getByTestId } = await openApproval('write', 'create');
    await arm();
    host.recent = [done()];
    await click(getByTestId('approve'));
    await breathe();
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
    const order = getByTestId('recent').compareDocumentPosition(getByTestId('card'));
    expect(order & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    await arm();
    expect(getByTestId('approve').getAttribute('aria-disabled')).toBe('false');
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(88);
    grown.forEach((listener) => listener());
    await vi.advanceTimersByTimeAsync(10);
    expect(getByTestId('approve').getAttribute('aria-disabled')).toBe('true');
    await arm();
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(2);
    vi.stubGlobal('ResizeObserver', ResizeObserver);
  });

  it('is the one that the person asked for', async () => {
    const { host, getByTestId } = await openApproval('write', 'create', 'delete');
    host.want(sample('delete').ticket);
    await vi.advanceTimersByTimeAsync(20);
    expect(getByTestId('card').dataset['ticket']).toBe(sample('delete').ticket);
  });
});
