import type { PinAsked } from '../lib/bindings/PinAsked';
import { t } from '../lib/messages';

/** So many wrong PINs may be typed in a row. */
const TRIES = 5;

/** How many tries are left, once a wrong PIN was typed; with none left the window says until when. */
export const triesHint = ({ tries_left }: PinAsked): string | null =>
  tries_left > 0 && tries_left < TRIES ? t.pin.triesLeft(tries_left) : null;
