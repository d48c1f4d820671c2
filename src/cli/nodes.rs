//! `vestnik nodes`: the servers on this database.

use std::process::ExitCode;

use crate::cli::{CommandResult, answer};
use crate::config::{Config, Difference, SharedSettings};
use crate::store::nodes::Node;
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
    let first = all.iter().find(|node| node.lives());
    let settings = |node: &Node| SharedSettings::read(node.settings.as_deref().unwrap_or_default());
    for node in &all {
        let state = match node.lives() {
            true => "runs".to_owned(),
            false => format!("gone without a word {} s ago", node.seen_ago),
        };
        let (name, version, since) = (&node.name, &node.version, instant(&node.started_at));
        answer(&format!("{}\t{name}\t{version}\tsince {since}\t{state}", node.id));
    }
    for (first, other) in
        first.into_iter().flat_map(|first| all.iter().map(move |node| (first, node)))
    {
        let differences = settings(first).differences(&settings(other));
        if other.lives() && !differences.is_empty() {
            let (here, there, list) = (first.id, other.id, Difference::list(&differences));
            answer(&format!(
                "Server {here} (here) and server {there} (there) are set differently: {list}. Set the same for all of them."
            ));
        }
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}
