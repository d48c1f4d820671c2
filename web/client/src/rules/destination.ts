/** How far an address goes, and the destination of a link (docs/protocol.md, "Mentions"). */

/** `(address "title")` behind the text of a link. */
export interface Destination {
  /** The address as it is written, without angle brackets. */
  from: number;
  to: number;
  /** Behind the closing bracket. */
  end: number;
}

const NESTED_BRACKETS = 32;

// The characters that the server calls a space.
const SPACE = /[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

export function endOfAddress(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const c = text.charAt(at);
    if (c === "<" || c === ">" || c === "`" || SPACE.test(c) || (c === "]" && text[at + 1] === "(")) return at;
  }
  return text.length;
}

/** The destination that stands here, if one does. */
export function endOfDestination(text: string, from: number): Destination | null {
  const skip = (at: number) => {
    while (text[at] === " " || text[at] === "\t") at += 1;
    return at;
  };
  if (text[from] !== "(") return null;
  const begin = skip(from + 1);
  const isAngled = text[begin] === "<";
  const end = isAngled ? endAt(text, begin + 1, /[<>\n]/g, ">") : endOfBare(text, begin);
  if (end === null) return null;
  const title = skip(end);
  let close: number | null = title;
  if (title > end && text[title] === '"') close = endAt(text, title + 1, /["\n]/g, '"');
  else if (title > end && text[title] === "'") close = endAt(text, title + 1, /['\n]/g, "'");
  if (close === null) return null;
  close = skip(close);
  if (text[close] !== ")") return null;
  return { from: isAngled ? begin + 1 : begin, to: isAngled ? end - 1 : end, end: close + 1 };
}

/** Behind the first of `stops`, if it is `wanted`. */
function endAt(text: string, from: number, stops: RegExp, wanted: string): number | null {
  stops.lastIndex = from;
  const found = stops.exec(text);
  return found?.[0] === wanted ? found.index + 1 : null;
}

function endOfBare(text: string, from: number): number | null {
  let open = 0;
  for (let at = from; at < text.length; at += 1) {
    const c = text.charAt(at);
    if (c === "\\") {
      at += (text.codePointAt(at + 1) ?? 0) > 0xffff ? 2 : 1;
    } else if (c === "(") {
      if (open === NESTED_BRACKETS) return null;
      open += 1;
    } else if (c === ")") {
      if (open === 0) return at;
      open -= 1;
    } else if (SPACE.test(c)) {
      return open === 0 ? at : null;
    }
  }
  return null;
}
