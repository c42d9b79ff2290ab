/** What was approved goes first, in milliseconds: whatever is drawn takes a processor away from the call. */
export const BREATH = 100;

/** So long a decision may take, in milliseconds, before the buttons show that it is under way. */
export const SHOWS_LATE = 200;

/** So long a hand holds a button down, in milliseconds, or less. */
export const PRESS = 300;
