import { fireEvent, render } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { axeFindings } from '../../tests/axe';
import { arm, breathe, click, inStandingTime, press, sample } from '../../tests/hands';
import { openApproval } from '../../tests/windows';
import { remaining } from '../lib/format';
import { FakeHost } from '../lib/host/fake';
import { sampleCards, type SampleCard } from '../lib/host/sample-cards';
import { sampleRecents } from '../lib/host/sample-recents';
import ApprovalWindow from './ApprovalWindow.svelte';

inStandingTime();

describe('a call', () => {
  it('shows who, where, what, before and after, and the rule', async () => {
    const { getByTestId, getAllByTestId, host } = await openApproval('write');
    expect(getByTestId('card-agent').textContent).toBe('claude-code');
    expect(getByTestId('card-connection').textContent).toContain('Production');
    expect(getByTestId('card-connection').textContent).toContain('acme.odoo.com');
    expect(getByTestId('card-sentence').textContent).toContain('Change 3 fields on 2 contacts');
    const [change] = getAllByTestId('change-phone');
    expect(change?.querySelector('[data-testid=before]')?.textContent).toBe('(870)-931-0505');
    expect(change?.querySelector('[data-testid=after]')?.textContent).toBe('+49 30 901820');
    expect(getByTestId('card-rule').textContent).toContain('connection:/tools/odoo_write/require_approval/0');
    const { ticket, digest } = sample('write');
    expect(host.called('presentCard')).toEqual([[ticket, digest]]);
  });

  it('shows apart what Odoo changes besides', async () => {
    const { getAllByTestId } = await openApproval('write');
    const [besides, ...more] = getAllByTestId('besides');
    expect(more).toEqual([]);
    expect(besides?.querySelector('[data-testid=besides-title]')?.textContent).toContain('Odoo also changes 1 field, as it predicts');
    expect(besides?.querySelector('[data-testid=change-team_id] [data-testid=after]')?.textContent).toBe('Sales');
  });

  it('shows whatever Odoo fills into a new record, however much it is', async () => {
    const card = sample('create');
    if (card.content.kind !== 'call') throw new Error('no call');
    const [record] = card.content.records;
    if (record === undefined) throw new Error('no record');
    const filled = Array.from({ length: 30 }, (_, place) => ({
      ...record.fields[0]!,
      field: `x_default_${place}`,
      label: `Default ${place}`,
      before: null,
      after: `value ${place}`,
    }));
    card.content.records = [{ ...record, change: 'create', besides: filled }];
    const { getByTestId } = await openApproval(card);
    const besides = getByTestId('besides');
    expect(besides.closest('details') ?? besides.querySelector('details')).toBeNull();
    for (const { field, after } of filled) {
      expect(getByTestId(`change-${field}`).textContent).toContain(after);
    }
    expect(besides.textContent).toContain('Odoo also fills in 30 fields');
  });

  it('starts with the focus on Deny', async () => {
    const { getByTestId } = await openApproval('write');
    expect(document.activeElement).toBe(getByTestId('deny'));
  });

  it('is approved once, with its digest, by a click on the armed button', async () => {
    const { host, getByTestId } = await openApproval('write');
    await arm();
    expect(getByTestId('approve').getAttribute('aria-disabled')).toBe('false');
    await click(getByTestId('approve'));
    const { ticket, digest } = sample('write');
    expect(host.called('decide')).toEqual([
      [ticket, digest, { verdict: 'approve', typed_count: null, unseen: null }, null],
    ]);
    await breathe();
    expect(host.called('closeApproval')).toHaveLength(1);
  });

  it('is denied with words for the agent', async () => {
    const { host, getByTestId } = await openApproval('write');
    await click(getByTestId('deny-reason'));
    const box = getByTestId('deny-reason-text');
    expect(document.activeElement).toBe(box);
    await fireEvent.input(box, { target: { value: ' Archive them instead. ' } });
    await click(getByTestId('deny-reason-send'));
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'deny', reason: 'Archive them instead.' });
  });

  it('offers the standing approval only with its bounds', async () => {
    const { host, getByTestId } = await openApproval('write');
    expect(getByTestId('standing-bounds').textContent).toContain('at most 2 records');
    await arm();
    await click(getByTestId('approve-standing'));
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'approve_standing' });
  });

  it('offers no standing approval for a deletion', async () => {
    const { queryByTestId } = await openApproval('delete');
    expect(queryByTestId('approve-standing')).toBeNull();
  });

  it('is denied and the agent paused', async () => {
    const { host, getByTestId } = await openApproval('write');
    await click(getByTestId('deny-pause'));
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'deny_and_pause' });
  });

  it('says when the client stopped waiting', async () => {
    const { getByTestId } = await openApproval('write');
    expect(getByTestId('countdown').textContent).toContain('The client waits for 1:2');
    await vi.advanceTimersByTimeAsync(90_000);
    expect(getByTestId('countdown').textContent).toContain('runs when it asks again');
  });

  it('cannot be approved once it has expired', async () => {
    const { host, getByTestId } = await openApproval({ ...sample('write'), expires_at: Date.now() + 5_000 });
    await vi.advanceTimersByTimeAsync(6_000);
    expect(getByTestId('countdown').textContent).toContain('expired');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
  });

  it.each([
    ['ahead', 3_600_000],
    ['back', -3_600_000],
  ])('is the same with the system’s clock set an hour %s', async (_, by) => {
    const { host, getByTestId, queryByTestId } = await openApproval('write');
    vi.setSystemTime(Date.now() + by);
    await vi.advanceTimersByTimeAsync(6_000);
    const next = sampleCards(host.now).write;
    host.waitingCards = [{ ...next, digest: 'c'.repeat(64) }];
    host.announce('approvals');
    await arm();
    expect(getByTestId('card-news').textContent).toContain('The data changed');
    const left = remaining(next.expires_at, host.now);
    expect(getByTestId('countdown').textContent).toContain(left.slice(0, -1));
    expect(getByTestId('blocker').textContent?.trim()).toBe('');
    // A key counts, too: how long the card has stood there is no matter of the system's clock either.
    vi.setSystemTime(Date.now() + by);
    await press(getByTestId('deny'), 'Enter', { held: true });
    expect(host.called('decide')).toHaveLength(1);
    host.waitingCards = [{ ...next, digest: 'd'.repeat(64) }];
    host.announce('approvals');
    await breathe();
    await fireEvent.keyUp(getByTestId('deny'), { key: 'Enter' });
    await arm();
    const [done] = sampleRecents(host.now);
    if (done === undefined) throw new Error('no call');
    host.recent = [done];
    await click(getByTestId('approve'));
    await breathe();
    expect(host.called('decide').at(-1)?.[2]).toMatchObject({ verdict: 'approve' });
    const seconds = () => Number(/(\d+)\s*$/.exec(getByTestId(`undo-${done.ticket}`).textContent ?? '')?.[1]);
    expect(seconds()).toBe(10);
    vi.setSystemTime(Date.now() - by);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seconds()).toBe(5);
    await vi.advanceTimersByTimeAsync(5_500);
    expect(queryByTestId('recent')).toBeNull();
    expect(host.called('closeApproval')).toHaveLength(1);
  });

  it('asks Gatehouse anew what time it is once the computer slept', async () => {
    const { host, getByTestId } = await openApproval('write');
    const asked = host.called('queue').length;
    // Neither the page's clock nor its timers count sleep; Gatehouse's does.
    const { now } = host;
    vi.spyOn(host, 'now', 'get').mockReturnValue(now + 3_600_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(host.called('queue').length).toBeGreaterThan(asked);
    expect(getByTestId('countdown').textContent).toContain('expired');
  });

  it('cannot be approved without a preview', async () => {
    const { host, getByTestId } = await openApproval('unknown');
    await arm();
    expect(getByTestId('blocker').textContent).toContain('preview');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
  });

  it('of many records wants their number typed', async () => {
    const { host, getByTestId } = await openApproval('delete');
    await arm();
    await click(getByTestId('approve'));
    await fireEvent.input(getByTestId('type-count'), { target: { value: '12' } });
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await fireEvent.input(getByTestId('type-count'), { target: { value: '120' } });
    await click(getByTestId('approve'));
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'approve', typed_count: 120, unseen: null });
  });

  it('keeps raw arguments behind a disclosure', async () => {
    const { getByTestId, queryByTestId } = await openApproval('write');
    expect(queryByTestId('arguments')).toBeNull();
    await click(getByTestId('show-arguments'));
    expect(getByTestId('arguments').textContent).toContain('Unter den Linden 77');
  });
});

describe('text that wants to deceive', () => {
  it('is shown with its hidden characters', async () => {
    const { container } = await openApproval('hostile');
    expect(container.textContent).not.toContain('\u202e');
    expect(container.textContent).toContain('U+202E');
    expect(container.textContent).toContain('U+200B');
    expect(container.textContent).toContain('і U+0456');
  });

  it('that is long has to be shown in full first', async () => {
    const { host, getByTestId, getAllByTestId } = await openApproval('hostile');
    await arm();
    expect(getByTestId('blocker').textContent).toContain('Show 1 long value in full');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    for (const button of getAllByTestId('show-all')) await click(button);
    expect(getByTestId('blocker').textContent?.trim()).toBe('');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(1);
  });

  it('of a whole file has to be shown in full first, with its marks', async () => {
    const card = sample('create');
    const record = card.content.kind === 'call' ? card.content.records[0] : undefined;
    const [field] = record?.fields ?? [];
    if (record === undefined || field === undefined) throw new Error('no field');
    const text = `${'All is well.\n'.repeat(400)}pay \u202eto\u200b\u{e0041}${' and so on'.repeat(9_460)}`;
    expect(text.length).toBeGreaterThan(99_000);
    record.fields = [{ ...field, field: 'datas', before: null, after: text, form: 'text', unit: null }];
    record.besides = [];
    const { host, getByTestId } = await openApproval(card);
    await arm();
    expect(getByTestId('blocker').textContent).toContain('Show 1 long value in full');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await click(getByTestId('show-all'));
    for (const mark of ['U+202E', 'U+200B', 'U+E0041']) expect(getByTestId('change-datas').textContent).toContain(mark);
    expect(getByTestId('change-datas').textContent).not.toMatch(/[\u202e\u200b]/);
    expect(getByTestId('change-datas').textContent).toContain('and so on and so on');
    expect(getByTestId('blocker').textContent?.trim()).toBe('');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(1);
  });

  it('is never markup', async () => {
    const card = sample('write');
    if (card.content.kind === 'call' && card.content.records[0]) {
      card.content.records[0].name = '<img src=x onerror=alert(1)><b>bold</b>';
    }
    const { container } = await openApproval(card);
    expect(container.querySelector('img, b')).toBeNull();
    expect(container.textContent).toContain('<img src=x');
  });

  it('below the edge has to be scrolled to first', async () => {
    const heights = { scrollHeight: 2000, clientHeight: 300 };
    for (const [name, value] of Object.entries(heights)) {
      vi.spyOn(Element.prototype, name as 'scrollHeight', 'get').mockReturnValue(value);
    }
    const { host, getByTestId, container } = await openApproval('write');
    await arm();
    expect(getByTestId('blocker').textContent).toContain('Scroll to the end');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    const box = container.querySelector('.scroll');
    if (box === null) throw new Error('no scrolling box');
    box.scrollTop = 1700;
    await fireEvent.scroll(box);
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(1);
  });
});

describe('the queue', () => {
  it('shows one card at a time and its place', async () => {
    const { getByTestId } = await openApproval('write', 'create', 'delete');
    expect(getByTestId('card-position').textContent?.trim()).toBe('1 of 3');
    await click(getByTestId('next-card'));
    expect(getByTestId('card-position').textContent?.trim()).toBe('2 of 3');
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
  });

  it('keeps the card on screen when others come and go', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    await click(getByTestId('next-card'));
    host.waitingCards = [sample('delete'), sample('create')];
    host.announce('approvals');
    await vi.advanceTimersByTimeAsync(20);
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
    expect(host.called('presentCard')).toHaveLength(2);
  });

  it('says so when the card on screen ended elsewhere', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    host.waitingCards = [sample('create')];
    host.announce('approvals');
    await vi.advanceTimersByTimeAsync(20);
    expect(getByTestId('card-news').textContent).toContain('has ended');
  });

  it('begins at the card that was asked for, and shows no other before', async () => {
    const host = new FakeHost();
    host.waitingCards = [sample('write'), sample('create'), sample('delete')];
    host.wanted = sample('delete').ticket;
    const { findByTestId, getByTestId } = render(ApprovalWindow, { host });
    expect((await findByTestId('card')).dataset['ticket']).toBe(sample('delete').ticket);
    expect(getByTestId('card-position').textContent?.trim()).toBe('3 of 3');
    const { ticket, digest } = sample('delete');
    expect(host.called('presentCard')).toEqual([[ticket, digest]]);
    expect(host.wanted).toBeNull();
  });

  it('begins at the oldest where the card that was asked for is gone, or cannot be told', async () => {
    for (const prepare of [
      (host: FakeHost) => (host.wanted = sample('undo').ticket),
      (host: FakeHost) => host.fail('wantedCard', { code: 'internal', message: 'No.', retry: false }),
    ]) {
      const host = new FakeHost();
      host.waitingCards = [sample('write'), sample('create')];
      prepare(host);
      const { findByTestId, unmount } = render(ApprovalWindow, { host });
      expect((await findByTestId('card')).dataset['ticket']).toBe(sample('write').ticket);
      unmount();
    }
  });

  it('turns to a card that is asked for later, and waits anew before a yes', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    await arm();
    await fireEvent.pointerDown(getByTestId('approve'));
    host.want(sample('create').ticket);
    await vi.advanceTimersByTimeAsync(20);
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
    await fireEvent.click(getByTestId('approve'), { detail: 1 });
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await arm();
    await click(getByTestId('approve'));
    expect(host.called('decide')[0]?.[0]).toBe(sample('create').ticket);
  });

  it('is not turned back by cards that were on their way when the person turned on', async () => {
    const { host, getByTestId } = await openApproval('write', 'create');
    host.announce('approvals');
    await fireEvent.click(getByTestId('next-card'));
    await vi.advanceTimersByTimeAsync(20);
    expect(getByTestId('card').dataset['ticket']).toBe(sample('create').ticket);
  });

  it('is brought one card at a time, however often something changes', async () => {
    const { host, getByTestId } = await openApproval('write', 'create', 'delete');
    const before = host.called('queue').length;
    for (let times = 0; times < 20; times++) host.announce('approvals');
    await fireEvent.click(getByTestId('next-card'));
    await fireEvent.click(getByTestId('next-card'));
    await vi.advanceTimersByTimeAsync(100);
    expect(host.called('queue').length - before).toBeLessThanOrEqual(3);
    expect(getByTestId('card').dataset['ticket']).toBe(sample('delete').ticket);
  });

  it('that is empty can be closed', async () => {
    const { host, findByTestId } = await openApproval();
    await click(await findByTestId('close-approval'));
    expect(host.called('closeApproval')).toHaveLength(1);
  });

  it('shows a refusal of the program and waits anew', async () => {
    const { host, getByTestId } = await openApproval('write');
    await arm();
    host.fail('decide', { code: 'not_armed', message: 'That was too quick. Look again.', retry: true });
    await click(getByTestId('approve'));
    expect(getByTestId('failure').textContent).toContain('too quick');
    expect(getByTestId('approve').getAttribute('aria-disabled')).toBe('true');
    expect(host.called('presentCard')).toHaveLength(2);
    await arm();
    await click(getByTestId('approve'));
    expect(host.called('decide')).toHaveLength(2);
  });
});

it.each([
  'write',
  'hostile',
  'delete',
  'create',
  'unknown',
  'admission',
  'changed',
  'loosening',
  'edit',
  'broken',
  'policy',
  'text',
  'plan',
  'many',
  'unseen',
  'undo',
  'undos',
  'setpin',
  'changepin',
  'pin',
  'wrongpin',
] satisfies SampleCard[])('axe finds nothing on the card “%s”', async (name) => {
  vi.useRealTimers();
  await openApproval(name);
  expect(await axeFindings()).toEqual([]);
});
