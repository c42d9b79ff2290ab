import type { Card } from '../lib/bindings/Card';
import { number, remaining } from '../lib/format';
import { characterCount } from '../lib/hostile/visible';
import { t } from '../lib/messages';
import { countToType, type Entries } from './entries.svelte';

/** The fewest and the most characters of a PIN. */
export const PIN_LENGTH = { least: 4, most: 64 };

/** What of a card has been on screen. */
export interface Seen {
  /** Values that are not shown in full yet. */
  collapsed: number;
  /** It was scrolled to its end. */
  finished: boolean;
}

/** Why a card cannot be approved now, the most lasting cause first; null when only the clock is waited for. */
export function blockerOf(card: Card, entries: Entries, seen: Seen, now: number): string | null {
  const { content, pin } = card;
  const call = content.kind === 'call' ? content : null;
  if (now >= card.expires_at) return t.approval.expired;
  if (call !== null && call.preview_error !== null && call.unseen === null) return t.approval.noPreview;
  if (content.kind === 'undo' && content.preview_error !== null) return t.approval.noPreview;
  if (content.kind === 'undo' && content.steps.length === 0) return t.undo.nothingLeft;
  if (content.kind === 'policy' && content.errors.length > 0) return t.approval.hasErrors;
  if (pin !== null && pin.refused_until !== null && now < pin.refused_until) {
    return t.pin.refused(remaining(pin.refused_until, now));
  }
  if (seen.collapsed > 0) return t.approval.expandFirst(seen.collapsed);
  if (!seen.finished) return t.approval.scrollFirst;
  const count = countToType(card);
  if (count !== null && entries.count.trim() !== String(count)) return t.approval.typeFirst(number(count));
  if (call !== null && call.preview_error !== null && entries.unseen.trim() !== call.unseen) {
    return t.approval.typeWords(call.unseen ?? '');
  }
  return content.kind === 'pin' ? newPinBlocker(content.change, entries) : pin === null ? null : pinBlocker(entries);
}

const isPin = (text: string): boolean => characterCount(text) >= PIN_LENGTH.least;

const pinBlocker = (entries: Entries): string | null => (isPin(entries.pin) ? null : t.pin.first);

function newPinBlocker(change: 'set' | 'change' | 'remove', entries: Entries): string | null {
  if (change !== 'set' && !isPin(entries.pin)) return t.pin.currentFirst;
  if (change === 'remove') return null;
  if (!isPin(entries.newPin)) return t.pin.tooShort(PIN_LENGTH.least);
  return entries.newPin === entries.newPinAgain ? null : t.pin.differ;
}
