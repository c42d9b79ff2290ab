import Ban from '@lucide/svelte/icons/ban';
import Check from '@lucide/svelte/icons/check';
import CircleHelp from '@lucide/svelte/icons/circle-question-mark';
import EyeOff from '@lucide/svelte/icons/eye-off';

/** The sign of each answer. */
export const ANSWER_ICONS = { allow: Check, ask: CircleHelp, deny: Ban, hide: EyeOff } as const;
