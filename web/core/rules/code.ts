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
  /** The end of the next run of one back-tick in its paragraph, and of the next of two. */
  next: [number | null, number | null];
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
      const here = (other: Run | null) => (other?.paragraph === run.paragraph ? other.end : null);
      run.next = [here(next[0]), here(next[1])];
      const length = run.end - run.at;
      if (length <= 2) next[length - 1] = run;
    }
  }

  /** Where the code ends that the back-ticks here begin; or their own end, if they begin none. */
  endOfTicks(at: number): number {
    while ((this.ticks[this.tick]?.end ?? this.text.length) <= at) this.tick += 1;
    const run = this.ticks[this.tick];
    if (run === undefined) return at + 1;
    const length = run.end - at;
    if (length <= 2) return run.next[length - 1] ?? run.end;
    for (let index = this.tick + 1; this.ticks[index]?.line === run.line; index += 1) {
      const next = this.ticks[index];
      if (next !== undefined && next.end - next.at === length) return next.end;
    }
    return closing(this.ticks, this.tick + 1, length) ?? this.text.length;
  }

  /** The same for tildes, which begin nothing within a line. */
  endOfTildes(at: number): number {
    while ((this.tildes[this.tilde]?.at ?? at) < at) this.tilde += 1;
    const run = this.tildes[this.tilde];
    if (run?.at !== at) return at + 1;
    return closing(this.tildes, this.tilde + 1, run.end - run.at) ?? this.text.length;
  }
}

function closing(runs: readonly Run[], from: number, length: number): number | undefined {
  for (let index = from; index < runs.length; index += 1) {
    const run = runs[index];
    if (run?.endsLine && run.end - run.at >= length) return run.end;
  }
  return undefined;
}
