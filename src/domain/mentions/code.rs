//! Where code ends, as people type it. One or two back-ticks begin a span that ends with as many, in
//! the same paragraph. Three or more end with as many on the same line, and else begin a fence,
//! wherever they stand; it goes on to so many that end a line, or to the end of the text. Three or
//! more tildes are a fence where they begin a line and end where they are alone on one.

use crate::domain::mentions::looked_at;

/// Back-ticks in a row, or tildes that begin a line.
#[derive(Clone, Copy, Debug)]
struct DelimiterRun {
    at: usize,
    length: usize,
    line: usize,
    paragraph: usize,
    /// Is it the last thing on its line?
    ends_line: bool,
    /// The end of the next run of one back-tick in its paragraph, and of the next of two.
    next: [Option<usize>; 2],
}

/// What may begin or end code in a text.
#[derive(Debug, Default)]
pub(super) struct CodeSpans {
    ticks: Vec<DelimiterRun>,
    tildes: Vec<DelimiterRun>,
    end: usize,
}

impl CodeSpans {
    pub(super) fn of(text: &str) -> Self {
        let mut code = Self {
            end: text.len(),
            ..Self::default()
        };
        if !text.contains(['`', '~']) {
            return code;
        }
        let (mut from, mut paragraph) = (0, 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let margin = line.len() - line.trim_start_matches([' ', '\t', '>']).len();
            paragraph += usize::from(begins_paragraph(&line[margin..]));
            let run = |at: usize, length: usize| DelimiterRun {
                at: from + at,
                length,
                line: number,
                paragraph,
                ends_line: is_blank(&line[at + length..]),
                next: [None; 2],
            };
            let tildes = run_length(&line[margin..], '~');
            if tildes >= 3 {
                code.tildes.push(run(margin, tildes));
            }
            let mut at = 0;
            while let Some(found) = line[at..].find('`') {
                let length = run_length(&line[at + found..], '`');
                code.ticks.push(run(at + found, length));
                at += found + length;
            }
            from += line.len();
        }
        code.look_ahead();
        code
    }

    /// Each run learns what would end a span that it begins, so that nobody searches for it twice.
    fn look_ahead(&mut self) {
        let mut next: [Option<(usize, usize)>; 2] = [None; 2];
        for run in self.ticks.iter_mut().rev() {
            let here = |(paragraph, end)| (paragraph == run.paragraph).then_some(end);
            run.next = next.map(|next| next.and_then(here));
            if let Some(next) = next.get_mut(run.length - 1) {
                *next = Some((run.paragraph, run.at + run.length));
            }
        }
    }

    /// Where the code ends that the back-ticks at `at` begin; or their own end, if they begin none.
    /// Some of the run may be behind `at`: a backslash takes the first.
    pub(super) fn end_of_ticks(&self, at: usize) -> usize {
        let index = self.ticks.partition_point(|run| run.at <= at);
        let Some(run) = index.checked_sub(1).and_then(|index| self.ticks.get(index)) else {
            return at + 1;
        };
        let length = run.at + run.length - at;
        if let Some(next) = run.next.get(length - 1) {
            return next.unwrap_or(at + length);
        }
        let rest = &self.ticks[index..];
        let counted = rest.iter().inspect(|_| looked_at(1));
        let mut on_line = counted.take_while(|next| next.line == run.line);
        let closed = on_line.find(|next| next.length == length);
        let closed = closed.or_else(|| closing(rest, length));
        closed.map_or(self.end, |next| next.at + next.length)
    }

    /// The same for a tilde, which begins nothing within a line.
    pub(super) fn end_of_tildes(&self, at: usize) -> usize {
        let Ok(index) = self.tildes.binary_search_by_key(&at, |run| run.at) else {
            return at + 1;
        };
        let closed = closing(&self.tildes[index + 1..], self.tildes[index].length);
        closed.map_or(self.end, |next| next.at + next.length)
    }
}

fn closing(runs: &[DelimiterRun], length: usize) -> Option<&DelimiterRun> {
    runs.iter()
        .inspect(|_| looked_at(1))
        .find(|run| run.length >= length && run.ends_line)
}

fn run_length(text: &str, sign: char) -> usize {
    text.len() - text.trim_start_matches(sign).len()
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Does a line, without its margin, begin something new: behind a blank one, a fence, an item of a
/// list, a heading?
fn begins_paragraph(line: &str) -> bool {
    let is_gap = |rest: &str| rest.starts_with([' ', '\t']);
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let hashes = run_length(line, '#');
    is_blank(line)
        || line.starts_with("```")
        || line.starts_with("~~~")
        || line.strip_prefix(['-', '*', '+']).is_some_and(is_gap)
        || (1..=9).contains(&digits) && line[digits..].strip_prefix(['.', ')']).is_some_and(is_gap)
        || (1..=6).contains(&hashes) && is_gap(&line[hashes..])
}
