//! `vestnik nodes`: the servers on this database.

use std::process::ExitCode;

use crate::cli::{CommandResult, answer};
use crate::config::Config;
use crate::store::{connect, nodes};
use crate::wire::instant::instant;

/// Lists them, those that are gone without a word too.
pub(super) async fn nodes(config: Config) -> CommandResult {
    let store = connect::open_existing_beside(&config.database).await?;
    if store.is_sqlite() {
        answer("A SQLite file has one server at a time; several share a Postgres.");
        return Ok(ExitCode::SUCCESS);
    }
    let all = nodes::list(&store).await?;
    if all.is_empty() {
        answer("No server runs on this database.");
    }
    for node in all {
        let state = match node.lives() {
            true => "runs".to_owned(),
            false => format!("gone without a word {} s ago", node.seen_ago),
        };
        let (name, version, since) = (&node.name, &node.version, instant(&node.started_at));
        answer(&format!("{}\t{name}\t{version}\tsince {since}\t{state}", node.id));
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}
