import type { EdgeError } from '../bindings/EdgeError';
import { t } from '../messages';

/** What a rejected command holds; anything that is not an `EdgeError` is a fault of ours. */
export function edgeError(reason: unknown): EdgeError {
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'message' in reason) {
    return reason as EdgeError;
  }
  const detail = reason instanceof Error ? reason.message : String(reason);
  return { code: 'internal', message: t.errors.internal, detail, retry: false };
}
