import type { PolicyEdit } from '../../lib/bindings/PolicyEdit';
import type { PolicyLayer } from '../../lib/bindings/PolicyLayer';
import { t } from '../../lib/messages';
import { editOf, environmentPreset } from './draft.svelte';
import { kindOf } from './policies.svelte';

/** What an edit makes of a layer, in a few words. */
export function wordsOf(edit: PolicyEdit, layer: PolicyLayer): string {
  if (edit.kind === 'custom') return layer.editable ? t.policy.sources.custom : t.policy.sources.file;
  if (edit.kind === 'preset') return t.policy.presets[edit.preset];
  if (kindOf(layer.id) !== 'connection') return t.policy.sources.absent;
  const preset = environmentPreset(layer);
  return preset === null ? t.policy.sources.environment : t.policy.byEnvironment(t.policy.presets[preset]);
}

/** Where what is in force comes from, in a few words. */
export const sourceOf = (layer: PolicyLayer): string => wordsOf(editOf(layer), layer);
