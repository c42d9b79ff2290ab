import { beforeEach, describe, expect, it, vi } from 'vitest';
import { arm, click, inStandingTime, sample, type } from '../../tests/hands';
import { openApproval } from '../../tests/windows';
import type { CallCard } from '../lib/bindings/CallCard';
import type { Card } from '../lib/bindings/Card';
import type { SampleCard } from '../lib/host/sample-cards';

inStandingTime();

beforeEach(() => void vi.spyOn(navigator, 'language', 'get').mockReturnValue('de-AT'));

/** A card whose call is changed. */
function changed(name: SampleCard, change: (call: CallCard) => void): Card {
  const card = sample(name);
  if (card.content.kind !== 'call') throw new Error('no call');
  change(card.content);
  return card;
}

const within = (element: HTMLElement, testid: string) => element.querySelector<HTMLElement>(`[data-testid=${testid}]`);

describe('a value', () => {
  it('is written in the person’s language with its unit, and can be read as it is', async () => {
    const { getByTestId } = await openApproval('text');
    const after = within(getByTestId('change-credit_limit'), 'after');
    expect(after?.textContent?.replace(/\s/g, ' ')).toContain('20 000,00€');
    expect(after?.querySelector('[data-testid=written]')?.getAttribute('title')).toBe('20000.00');
    expect(within(getByTestId('change-date'), 'before')?.textContent?.trim()).toBe('29.02.2024');
  });

  it('that is no number is shown with what it hides, however it is called', async () => {
    const card = changed('text', (call) => {
      const [record] = call.records;
      const limit = record?.fields.find(({ field }) => field === 'credit_limit');
      if (limit !== undefined) Object.assign(limit, { after: '1\u202e000', unit: '€\u200b' });
    });
    const { getByTestId } = await openApproval(card);
    expect(getByTestId('change-credit_limit').textContent).toContain('U+202E');
    expect(getByTestId('change-credit_limit').textContent).toContain('U+200B');
  });
});

describe('a value that many records have', () => {
  it('is written in the person’s language, each amount with its own currency', async () => {
    const { getByTestId } = await openApproval('many');
    const rows = [...getByTestId('summary-expected_revenue').querySelectorAll('[data-testid=summary-change]')];
    const cells = rows.map((row) =>
      [...row.querySelectorAll('td')].map((cell) => cell.textContent?.replace(/\s/g, ' ').trim()),
    );
    expect(cells).toEqual([
      ['0EUR', '1 250,5EUR', '71'],
      ['0USD', '1 250,5USD', '40'],
      ['980 USD', '1250.5 EUR', '9'],
    ]);
    const [days] = getByTestId('summary-date_deadline').querySelectorAll('[data-testid=summary-change]');
    expect(days?.textContent).toContain('24.12.2026');
    expect(days?.querySelector('[data-testid=written]')?.getAttribute('title')).toBe('2026-12-24');
  });

  it('stands apart where Odoo changes it besides', async () => {
    const { getByTestId, getAllByTestId } = await openApproval('many');
    expect(getAllByTestId('summary-besides')).toHaveLength(1);
    expect(getByTestId('summary-team_id').textContent).toContain('Odoo also changes this, as it predicts');
  });

  it('shows what it hides where it is no number', async () => {
    const card = changed('many', (call) => {
      const amount = call.summary.find(({ field }) => field === 'expected_revenue')?.changes[0];
      if (amount !== undefined) Object.assign(amount, { after: '1\u202e000', unit: '€\u200b' });
    });
    const { getByTestId } = await openApproval(card);
    expect(getByTestId('summary-expected_revenue').textContent).toContain('U+202E');
    expect(getByTestId('summary-expected_revenue').textContent).toContain('U+200B');
  });
});

describe('running text', () => {
  it('marks what was removed and added by more than colour', async () => {
    const { getByTestId } = await openApproval('text');
    const change = getByTestId('change-comment');
    const marks = [...change.querySelectorAll('del, ins')].map((mark) => mark.textContent);
    expect(marks).toEqual(['−30', '+60', '−Erste Bank', '+an address to follow']);
    expect(change.textContent).toContain('removed:');
    expect(change.textContent).toContain('added:');
  });

  it('folds what stays, never what changes, and unfolds it', async () => {
    const { getByTestId } = await openApproval('text');
    const change = getByTestId('change-comment');
    expect(change.textContent).not.toContain('list of pallets');
    await click(getByTestId('unfold-text'));
    expect(change.textContent).toContain('list of pallets');
  });

  it('shows hidden characters in what was added, and wants a long addition read', async () => {
    const card = changed('text', (call) => {
      const comment = call.records[0]?.fields[0];
      if (comment !== undefined) comment.after = `Pays \u202ewithin ${'never '.repeat(400)}`;
    });
    const { getByTestId } = await openApproval(card);
    expect(getByTestId('change-comment').querySelector('ins')?.textContent).toContain('U+202E');
    expect(getByTestId('blocker').textContent).toContain('Show 1 long value in full');
  });

  it('that was empty is shown as a value', async () => {
    const { getByTestId } = await openApproval('text');
    expect(within(getByTestId('change-ref'), 'before')?.textContent?.trim()).toBe('(empty)');
  });
});

describe('a plan', () => {
  it('shows each step with its number, what it takes from earlier ones, and its effects', async () => {
    const { getAllByTestId } = await openApproval('plan');
    const steps = getAllByTestId('step');
    expect(steps.map((step) => step.querySelector('h2')?.textContent)).toEqual([
      expect.stringMatching(/^Step 1\s*Create 1 contact$/),
      expect.stringMatching(/^Step 2\s*Create 1 sales order$/),
      expect.stringMatching(/^Step 3\s*Confirm 1 sales order$/),
    ]);
    expect(within(steps[1]!, 'step-uses')?.textContent).toContain('Customer: the record of step 1');
    expect(within(steps[1]!, 'step-touches')?.textContent).toContain('2 lines');
    expect(within(steps[0]!, 'record')?.textContent).toContain('Lindenhof Bäckerei');
    expect(within(steps[2]!, 'effects')?.textContent).toContain('A message will be sent.');
  });
});

describe('many records', () => {
  it('are counted by field and value before the first stand in full', async () => {
    const { getByTestId, getAllByTestId } = await openApproval('many');
    const rows = [...getByTestId('summary-user_id').querySelectorAll('tbody tr')].map((row) =>
      [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim()),
    );
    expect(rows).toEqual([
      ['Mitchell Admin', 'Marc Demo', '64'],
      ['(empty)', 'Marc Demo', '48'],
      ['Other values', '8'],
    ]);
    expect(getAllByTestId('record')).toHaveLength(50);
    expect(getByTestId('more-records').textContent).toContain('And 70 more');
  });

  it('are exported to a file, whose place is told', async () => {
    const { host, getByTestId } = await openApproval('many');
    expect(getByTestId('export-card').textContent).toContain('Export all 120 records');
    await click(getByTestId('export-card'));
    const { ticket, digest } = sample('many');
    expect(host.called('exportCard')).toEqual([[ticket, digest]]);
    expect(getByTestId('export-path').textContent).toContain('/home/ada/Downloads');
  });

  it('that cannot be exported say why', async () => {
    const { host, getByTestId } = await openApproval('many');
    host.fail('exportCard', { code: 'storage', message: 'The disk is full.', retry: true });
    await click(getByTestId('export-card'));
    expect(getByTestId('failure').textContent).toContain('The disk is full.');
  });
});

describe('a call without a preview', () => {
  it('is approved only once the words are typed', async () => {
    const { host, getByTestId } = await openApproval('unseen');
    await arm();
    await click(getByTestId('approve'));
    await type(getByTestId('type-unseen'), 'approve');
    await click(getByTestId('approve'));
    expect(host.called('decide')).toEqual([]);
    await type(getByTestId('type-unseen'), 'approve unseen');
    await click(getByTestId('approve'));
    expect(host.called('decide')[0]?.[2]).toEqual({ verdict: 'approve', typed_count: null, unseen: 'approve unseen' });
  });

  it('shows the arguments from the start, as nothing else tells what is asked', async () => {
    const { getByTestId } = await openApproval('unseen');
    expect(getByTestId('arguments').textContent).toContain('{');
  });

  it('is never approved in advance', async () => {
    const { queryByTestId } = await openApproval(changed('unseen', (call) => (call.standing = 'Changes of phone.')));
    expect(queryByTestId('approve-standing')).toBeNull();
  });

  it('that may never be approved unseen says so', async () => {
    const { getByTestId, queryByTestId } = await openApproval('unknown');
    expect(queryByTestId('type-unseen')).toBeNull();
    expect(getByTestId('never-unseen').textContent).toContain('never approved unseen');
  });
});

describe('a deletion', () => {
  it('is denied in favour of archiving, in words that the agent can follow', async () => {
    const { host, getByTestId } = await openApproval('delete');
    await click(getByTestId('deny-archive'));
    expect(host.called('decide')[0]?.[2]).toEqual({
      verdict: 'deny',
      reason: 'Archive these records instead: odoo_write with {"active": false} on the same ids.',
    });
  });

  it('of what cannot be archived offers no such thing', async () => {
    const { queryByTestId } = await openApproval(changed('delete', (call) => (call.can_archive = false)));
    expect(queryByTestId('deny-archive')).toBeNull();
  });
});
