/** What begins first in a text: code, links, addresses and where names are called. The server's definition
 * (docs/protocol.md, "Mentions") and its scanner (`src/domain/mentions`) step by step; the page draws code and links by it
 * too, so that what looks like a call is one. Offsets are in UTF-16 units. */
import { Code, lineAt, type CodeSpan } from "./code.ts";
import { endOfAddress, endOfDestination, type Destination } from "./destination.ts";
import { isNameChar } from "./names.ts";

/** `[text](destination "title")`; a link with a link in its text is none. */
export interface LinkSpan {
  /** Where its bracket opens, where that closes, and where all of it ends. */
  open: number;
  close: number;
  end: number;
  destination: Destination;
}

export interface Scanned {
  code: CodeSpan[];
  links: LinkSpan[];
  /** The places of what follows each `@` that calls. */
  calls: [from: number, to: number][];
}

const ADDRESSES = ["www.", "mailto:", "xmpp:"];

export function scan(text: string): Scanned {
  const scanner = new Scanner(text);
  while (scanner.at < text.length) scanner.step();
  return scanner.found;
}

class Scanner {
  /** Everything before it has been read. */
  at = 0;
  readonly found: Scanned = { code: [], links: [], calls: [] };
  /** Where the word begins that ends here. */
  private word: number | null = null;
  /** Brackets that are open; those before this many have a link in them. */
  private brackets: number[] = [];
  private linked = 0;
  private readonly code: Code;

  constructor(private readonly text: string) {
    this.code = new Code(text);
  }

  step(): void {
    const { text, at } = this;
    const c = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (c === "\\") {
      this.pass(at + 1 + (/[!-/:-@[-`{-~]/.test(text[at + 1] ?? "") ? 1 : 0));
    } else if (c === "`" || c === "~") {
      this.passCode(c === "`" ? this.code.ticksAt(at) : this.code.tildesAt(at));
    } else if (c === "[") {
      this.brackets.push(at);
      this.pass(at + 1);
    } else if (c === "]") {
      this.closeBracket();
    } else if (c === "@") {
      this.call();
    } else if (c === ":" && text.startsWith("://", at) && /^[^A-Za-z]*[A-Za-z][A-Za-z0-9.-]*$/.test(this.written())) {
      this.pass(endOfAddress(text, at));
    } else if (c === "/" && isHost(this.written())) {
      this.pass(endOfAddress(text, at));
    } else if (isNameChar(c)) {
      this.readWord(c);
    } else {
      if (c === "\n" && /^[ \t\r]*(\n|$)/.test(lineAt(text, at + 1))) [this.brackets, this.linked] = [[], 0];
      this.pass(at + c.length);
    }
  }

  private written(): string {
    return this.word === null ? "" : this.text.slice(this.word, this.at);
  }

  /** Goes on at `end`, behind what is no word. */
  private pass(end: number): void {
    this.at = end;
    this.word = null;
  }

  private passCode(code: CodeSpan | number): void {
    if (typeof code === "number") return this.pass(code);
    this.found.code.push(code);
    this.pass(code.end);
  }

  private readWord(c: string): void {
    const { text, at } = this;
    if (this.word === null && /[A-Za-z]/.test(c) && ADDRESSES.some((address) => begins(text, at, address))) {
      return this.pass(endOfAddress(text, at));
    }
    this.word ??= at;
    this.at += c.length;
  }

  private call(): void {
    const isInside = this.word !== null;
    const from = this.at + 1;
    const to = endOfName(this.text, from);
    if (!isInside && to > from) this.found.calls.push([from, to]);
    this.at = to;
    // An `@` behind a name is inside an address, and what follows a called name is no host.
    this.word = to > from ? (isInside ? from : to) : null;
  }

  private closeBracket(): void {
    const close = this.at;
    const open = this.brackets.pop();
    const destination = open === undefined ? null : endOfDestination(this.text, close + 1);
    this.pass(destination?.end ?? close + 1);
    const isFree = this.brackets.length >= this.linked;
    this.linked = Math.min(this.linked, this.brackets.length);
    if (open === undefined || destination === null || !isFree) return;
    this.found.links.push({ open, close, end: destination.end, destination });
    this.linked = this.brackets.length;
  }
}

function endOfName(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const c = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (!isNameChar(c)) break;
    at += c.length;
  }
  return at;
}

function begins(text: string, at: number, address: string): boolean {
  return text.slice(at, at + address.length).replace(/[A-Z]/g, (c) => c.toLowerCase()) === address;
}

/** `example.com`: its last dot is between two letters. */
function isHost(word: string): boolean {
  const dot = word.lastIndexOf(".");
  return dot > 0 && !/[.\-_]$/.test(word) && !/[.\-_]/.test(word[dot - 1] ?? ".");
}
