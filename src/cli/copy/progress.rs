//! How far a copy has come: a bar on a terminal, and elsewhere a line now and then.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::say;
use crate::store::copy::{Advance, CopyProgress};

/// Between two lines about one table.
const LINES_EVERY: Duration = Duration::from_secs(10);
const STYLE: &str = "{prefix:9} {bar:32} {percent:>3} %, {eta} left: {msg}";

/// Shows how a copy goes on.
pub(super) struct ProgressDisplay {
    /// On a terminal.
    bar: Option<RefCell<ProgressBar>>,
    said: Cell<Instant>,
}

impl ProgressDisplay {
    pub(super) fn new() -> Self {
        Self {
            bar: io::stderr().is_terminal().then(|| RefCell::new(ProgressBar::hidden())),
            said: Cell::new(Instant::now()),
        }
    }

    pub(super) fn show(&self, progress: CopyProgress<'_>) {
        match progress {
            CopyProgress::GoesOn(rows) => {
                say(&format!("going on behind {rows} rows that are there already"))
            }
            CopyProgress::BeginsAnew => {
                say("the database was written to since this copy was interrupted: it begins anew");
            }
            CopyProgress::Copied(advance) => self.advance("copying", advance),
            CopyProgress::Compared(advance) => self.advance("comparing", advance),
        }
    }

    fn advance(&self, doing: &'static str, at: Advance<'_>) {
        let Some(bar) = &self.bar else {
            if at.rows == at.of || self.said.get().elapsed() > LINES_EVERY {
                self.said.set(Instant::now());
                say(&format!("{doing} {}: {} of {} rows", at.table, at.rows, at.of));
            }
            return;
        };
        let mut bar = bar.borrow_mut();
        if bar.prefix() != doing {
            bar.finish_and_clear();
            *bar = begun(doing, at);
        }
        bar.set_message(at.table.to_owned());
        bar.set_position(at.done);
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.borrow().finish_and_clear();
        }
    }
}

fn begun(doing: &'static str, at: Advance<'_>) -> ProgressBar {
    let bar = ProgressBar::new(at.all).with_prefix(doing).with_position(at.done);
    match ProgressStyle::with_template(STYLE) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
