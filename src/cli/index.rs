//! `vestnik index`: how far the index of words has come, and making it anew.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use crate::actors::search_index::SearchIndex;
use crate::cli::{CommandResult, answer, say};
use crate::config::Config;
use crate::store::copy::{self, UNFINISHED};
use crate::store::{Store, connect, search};

/// Between two lines.
const LINES_EVERY: Duration = Duration::from_secs(10);
const STYLE: &str = "indexing {bar:32} {percent:>3} %, {eta} left";

/// What is done with the index of words.
#[derive(Subcommand, Clone, Copy, Debug)]
pub enum IndexCommand {
    /// Say how far it has come
    Status,
    /// Make it anew from the messages; a server may be running meanwhile, whose searches may lack older
    /// messages until it is done
    Rebuild,
}

pub(super) async fn index(config: Config, command: IndexCommand) -> CommandResult {
    let store = connect::open_existing_beside(&config.database).await?;
    if copy::is_unfinished(&store).await? {
        return Err(UNFINISHED.into());
    }
    match command {
        IndexCommand::Status => status(&store).await?,
        IndexCommand::Rebuild => rebuild(&store).await?,
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn status(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    let status = search::status(store).await?;
    answer(&format!("{} of {} messages are in the index", status.messages, status.all));
    match status.behind {
        0 => answer("it is complete"),
        chats => answer(&format!(
            "{} changes in {chats} chats are not in it yet; a server that runs goes on with them",
            status.changes
        )),
    }
    Ok(())
}

async fn rebuild(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    search::empty(store).await?;
    let all = search::status(store).await?.changes;
    let progress = IndexProgress::new(all);
    let result = SearchIndex::catch_up(store, &|done| progress.show(done)).await;
    progress.end();
    result?;
    status(store).await
}

/// How far it has come: a bar on a terminal, and elsewhere a line now and then.
struct IndexProgress {
    all: i64,
    bar: Option<ProgressBar>,
    said: Cell<Instant>,
}

impl IndexProgress {
    fn new(all: i64) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(all.unsigned_abs());
            match ProgressStyle::with_template(STYLE) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Self {
            all,
            bar,
            said: Cell::new(Instant::now()),
        }
    }

    fn show(&self, done: i64) {
        match &self.bar {
            Some(bar) => bar.set_position(done.unsigned_abs()),
            None if self.said.get().elapsed() > LINES_EVERY => {
                self.said.set(Instant::now());
                say(&format!("indexing: {done} of {} changes", self.all));
            }
            None => {}
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
