/** Where a cursor stands in a JSON text, which may be unfinished. */
export interface Place {
  /** Keys and indices from the root to the object or list that holds the cursor; for a value, to the value itself. */
  path: (string | number)[];
  role: 'key' | 'value';
  /** What is being typed, quotes included; empty where nothing is. */
  from: number;
  to: number;
  quoted: boolean;
  /** A colon follows: the key alone is replaced. */
  hasColon: boolean;
  /** The other keys of the object. */
  taken: string[];
}

interface Frame {
  isList: boolean;
  expects: 'key' | 'colon' | 'value' | 'end';
  key: string;
  index: number;
  keys: string[];
}

const BARE = /[\p{L}\d_.+-]/u;

export function placeAt(text: string, cursor: number): Place | null {
  const stack: Frame[] = [{ isList: false, expects: 'value', key: '', index: 0, keys: [] }];
  let found: { place: Place; frame: Frame } | null = null;
  const top = (): Frame => stack[stack.length - 1] as Frame;
  const pathTo = (role: Place['role']): (string | number)[] =>
    stack
      .slice(1)
      .map((frame): string | number => (frame.isList ? frame.index : frame.key))
      .slice(0, role === 'key' ? -1 : undefined);
  const mark = (from: number, to: number, quoted: boolean): boolean => {
    const frame = top();
    if (frame.expects !== 'key' && frame.expects !== 'value') return false;
    const role = frame.expects;
    const hasColon = /^\s*:/.test(text.slice(to, to + 40));
    found = { frame, place: { path: pathTo(role), role, from, to, quoted, hasColon, taken: [] } };
    return true;
  };

  let at = 0;
  while (at < text.length) {
    // The cursor stands between tokens.
    if (found === null && at >= cursor && !mark(cursor, cursor, false)) return null;
    const character = text.charAt(at);
    const frame = top();
    if (character === '"') {
      const end = endOfText(text, at);
      const isClosed = text[end - 1] === '"' && end - 1 > at;
      if (found === null && cursor > at && (cursor < end || (cursor === end && !isClosed)) && !mark(at, end, true)) {
        return null;
      }
      const isHere = found !== null && (found as { place: Place }).place.from === at;
      if (frame.expects === 'key') {
        frame.key = valueOf(text.slice(at, end));
        if (!isHere) frame.keys.push(frame.key);
        frame.expects = 'colon';
      } else frame.expects = 'end';
      at = end;
    } else if (character === '{' || character === '[') {
      const isList = character === '[';
      stack.push({ isList, expects: isList ? 'value' : 'key', key: '', index: 0, keys: [] });
      at += 1;
    } else if (character === '}' || character === ']') {
      const closed = stack.length > 1 ? stack.pop() : undefined;
      if (found !== null && closed === (found as { frame: Frame }).frame) break;
      top().expects = 'end';
      at += 1;
    } else if (character === ',') {
      frame.expects = frame.isList ? 'value' : 'key';
      frame.index += 1;
      at += 1;
    } else if (character === ':') {
      frame.expects = 'value';
      at += 1;
    } else if (BARE.test(character)) {
      let end = at + 1;
      while (end < text.length && BARE.test(text.charAt(end))) end += 1;
      if (found === null && cursor > at && cursor <= end && !mark(at, end, false)) return null;
      if (frame.expects === 'value') frame.expects = 'end';
      at = end;
    } else at += 1;
  }
  if (found === null && !mark(cursor, cursor, false)) return null;
  const { place, frame } = found as unknown as { place: Place; frame: Frame };
  return { ...place, taken: frame.keys };
}

/** The character after the closing quote; where there is none, the end of the line. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '"') return at + 1;
    else if (character === '\n') return at;
  }
  return text.length;
}

function valueOf(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.replaceAll('"', '');
  }
}
