/** Where code ends in a text, as people type it: the server's rules (docs/protocol.md, "Mentions"). */

/** The line that begins here, with its end. */
export function lineAt(text: string, from: number): string {
  const end = text.indexOf("\n", from);
  return text.slice(from, end < 0 ? text.length : end + 1);
}

/** Back-ticks in a row, or tildes that begin a line. */
interface Run {
  at: number;
  end: number;
  line: number;
  paragraph: number;
  endsLine: boolean;
  /** The next run of one back-tick in its paragraph, and the next of two. */
  next: [Run | null, Run | null];
}

export interface CodeSpan {
  from: number;
  /** What is between its marks: of a fence the rest of the first line too. */
  inner: [from: number, to: number];
  end: number;
  /** A block of its own, wherever it begins. */
  isFence: boolean;
}

/** Where code ends, as people type it. */
export class Code {
  private readonly ticks: Run[] = [];
  private readonly tildes: Run[] = [];
  /** The first of each that may still be asked about: places are asked about in order. */
  private tick = 0;
  private tilde = 0;

  constructor(private readonly text: string) {
    if (!/[`~]/.test(text)) return;
    let [from, paragraph, number] = [0, 0, 0];
    while (from < text.length) {
      const line = lineAt(text, from);
      const margin = /^[ \t>]*/.exec(line)?.[0].length ?? 0;
      const rest = line.slice(margin);
      if (/^([ \t\r\n]*$|```|~~~|[-*+][ \t]|[0-9]{1,9}[.)][ \t]|#{1,6}[ \t])/.test(rest)) paragraph += 1;
      const run = (at: number, length: number): Run => ({
        at: from + at,
        end: from + at + length,
        line: number,
        paragraph,
        endsLine: /^[ \t\r\n]*$/.test(line.slice(at + length)),
        next: [null, null],
      });
      const tildes = /^~*/.exec(rest)?.[0].length ?? 0;
      if (tildes >= 3) this.tildes.push(run(margin, tildes));
      for (const found of line.matchAll(/`+/g)) this.ticks.push(run(found.index, found[0].length));
      from += line.length;
      number += 1;
    }
    this.lookAhead();
  }

  private lookAhead(): void {
    const next: [Run | null, Run | null] = [null, null];
    for (const run of this.ticks.toReversed()) {
      const here = (other: Run | null) => (other?.paragraph === run.paragraph ? other : null);
      run.next = [here(next[0]), here(next[1])];
      const length = run.end - run.at;
      if (length <= 2) next[length - 1] = run;
    }
  }

  /** The code that the back-ticks here begin; or where they end, if they begin none. */
  ticksAt(at: number): CodeSpan | number {
    while ((this.ticks[this.tick]?.end ?? this.text.length) <= at) this.tick += 1;
    const run = this.ticks[this.tick];
    if (run === undefined) return at + 1;
    const length = run.end - at;
    const closed = length <= 2 ? run.next[length - 1] : this.sameLine(run, length);
    if (closed) return { from: at, inner: [run.end, closed.at], end: closed.end, isFence: false };
    return length <= 2 ? run.end : this.fence(at, run.end, closing(this.ticks, this.tick + 1, length));
  }

  /** The same for tildes, which begin nothing within a line. */
  tildesAt(at: number): CodeSpan | number {
    while ((this.tildes[this.tilde]?.at ?? at) < at) this.tilde += 1;
    const run = this.tildes[this.tilde];
    if (run?.at !== at) return at + 1;
    return this.fence(at, run.end, closing(this.tildes, this.tilde + 1, run.end - run.at));
  }

  private sameLine(run: Run, length: number): Run | undefined {
    for (let index = this.tick + 1; this.ticks[index]?.line === run.line; index += 1) {
      const next = this.ticks[index];
      if (next !== undefined && next.end - next.at === length) return next;
    }
    return undefined;
  }

  /** Without an end it goes to the end of the text: it is being pasted, or was cut. */
  private fence(from: number, begin: number, close: Run | undefined): CodeSpan {
    const { length } = this.text;
    return { from, inner: [begin, close?.at ?? length], end: close?.end ?? length, isFence: true };
  }
}

function closing(runs: readonly Run[], from: number, length: number): Run | undefined {
  for (let index = from; index < runs.length; index += 1) {
    const run = runs[index];
    if (run?.endsLine && run.end - run.at >= length) return run;
  }
  return undefined;
}
