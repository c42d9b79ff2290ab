import type { Card } from '../lib/bindings/Card';
import type { ConnectionId } from '../lib/bindings/ConnectionId';
import type { Verdict } from '../lib/bindings/Verdict';

/** What a card sends when it is decided. */
export type Answer =
  | { kind: 'verdict'; verdict: Verdict; pin: string | null }
  | { kind: 'pin'; current: string | null; pin: string | null };

/** The number that has to be typed before a card is approved; null where none has. */
export const countToType = ({ content }: Card): number | null =>
  content.kind === 'call' || content.kind === 'undo' ? content.type_count : null;

/** What the person ticked and typed on a card. */
export class Entries {
  granted = $state<ConnectionId[]>([]);
  /** Which of the card's choices for the agent's own policy; the first keeps it. */
  policyChoice = $state(0);
  count = $state('');
  unseen = $state('');
  /** The PIN that the card asks for, or the one in force on the card that changes it. */
  pin = $state('');
  newPin = $state('');
  newPinAgain = $state('');

  constructor({ content }: Card) {
    if (content.kind === 'admission') this.granted = [...content.granted];
  }

  /** The yes that the card's main button gives. */
  yes(card: Card): Verdict {
    const { content } = card;
    if (content.kind === 'admission') {
      const policy = content.choices[this.policyChoice]?.policy ?? { kind: 'keep' };
      return { verdict: 'admit', connections: [...this.granted], policy };
    }
    const call = content.kind === 'call' ? content : null;
    return {
      verdict: 'approve',
      typed_count: countToType(card) === null ? null : Number(this.count),
      unseen: call?.preview_error == null ? null : call.unseen,
    };
  }

  /** What is sent for `verdict`. PINs are handed over and forgotten here. */
  answer({ content, pin }: Card, verdict: Verdict): Answer {
    const [typed, fresh] = [this.pin, this.newPin];
    this.pin = this.newPin = this.newPinAgain = '';
    const isYes = verdict.verdict !== 'deny' && verdict.verdict !== 'deny_and_pause';
    if (content.kind !== 'pin' || !isYes) {
      return { kind: 'verdict', verdict, pin: isYes && pin !== null ? typed : null };
    }
    return {
      kind: 'pin',
      current: content.change === 'set' ? null : typed,
      pin: content.change === 'remove' ? null : fresh,
    };
  }
}
