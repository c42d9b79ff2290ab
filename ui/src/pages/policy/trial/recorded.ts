import type { RecordedCall } from '../../../lib/bindings/RecordedCall';

/** The recorded calls that hold every word of a search, in agent, connection, tool, model or decision. */
export function searched(calls: readonly RecordedCall[], search: string): RecordedCall[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  return calls.filter((call) => {
    const text = [call.agent, call.connection_name, call.tool, call.model, call.decision, `#${call.seq}`]
      .join(' ')
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
