//! `vestnik copy`: everything of one database goes into another, of either kind. What identifies the history, the
//! epoch and all positions, goes along, so that clients go on where they were.
//!
//! - `tables`: what is copied, and what is one database's own.
//! - `columns`: what the tables have, asked of the databases themselves. `reading`: rows in steps, by key.
//! - `writing`: a step becomes one transaction of the target, together with how far the copy has come (`marker`).
//! - `row_counts`: what a database has, by which a source is known that was written to meanwhile.
//! - `id_sequences`: the ids that are given next. `comparing`: whether both sides have the same in the end.
//! - `preconditions`: what may be copied at all, and into what.

mod columns;
mod comparing;
mod error;
mod id_sequences;
mod marker;
mod preconditions;
mod reading;
mod row_counts;
mod tables;
mod writing;

pub use error::CopyError;
pub use tables::{COPIED, META, MetaColumn, NOT_COPIED, Table};

use crate::faults::FaultPoint;
use crate::store::copy::columns::Column;
use crate::store::copy::marker::{Marked, Marker};
use crate::store::copy::reading::RowReader;
use crate::store::copy::row_counts::Totals;
use crate::store::{Store, StoreError, migrate};

/// How a copy goes on, for whoever waits.
#[derive(Clone, Copy, Debug)]
pub enum CopyProgress<'a> {
    /// A copy goes on that was interrupted; so many rows are there.
    GoesOn(u64),
    /// The source was written to since a copy was interrupted, which therefore begins anew.
    BeginsAnew,
    /// Rows of a table are there.
    Copied(Advance<'a>),
    /// Rows of a table have been read again to be compared, on both sides.
    Compared(Advance<'a>),
}

/// How far a table has come, and all of them.
#[derive(Clone, Copy, Debug)]
pub struct Advance<'a> {
    /// The table that is next or has just been finished.
    pub table: &'a str,
    /// So many of its rows.
    pub rows: u64,
    /// Of so many.
    pub of: u64,
    /// With the rows of the tables before it.
    pub done: u64,
    /// Rows of all tables.
    pub all: u64,
}

/// Why nothing else may be done with a database into which a copy is being made.
pub const UNFINISHED: &str = "a copy into this database was begun and has not been finished; run the same \
    `vestnik copy` again, which goes on with it, or use another database";

/// Who is told of each [`CopyProgress`].
pub type OnProgress<'a> = &'a dyn Fn(CopyProgress<'_>);

/// What a finished copy has.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    /// How many conversations, General among them.
    pub conversations: u64,
    /// How many messages, deleted ones among them.
    pub messages: u64,
    /// How many rows of all tables.
    pub rows: u64,
}

/// A table with its columns, which are the same on both sides.
struct Plan {
    table: &'static Table,
    columns: Vec<Column>,
    rows: u64,
    /// Rows of the tables before it, and of all.
    before: u64,
    all: u64,
}

impl Plan {
    fn advance(&self, rows: u64, sides: u64) -> Advance<'_> {
        Advance {
            table: self.table.name,
            rows,
            of: self.rows * sides,
            done: self.before * sides + rows,
            all: self.all * sides,
        }
    }
}

/// Has a copy into this database been begun and not finished? One without this version's schema has not.
pub async fn is_unfinished(store: &Store) -> Result<bool, StoreError> {
    if migrate::schema(store).await? != migrate::Schema::Current {
        return Ok(false);
    }
    Ok(marker::read(store).await?.is_some())
}

/// Copies everything from `source`, which nobody else uses, to `target`, or goes on with it.
pub async fn copy(
    source: &Store,
    target: &Store,
    report: OnProgress<'_>,
) -> Result<Copied, CopyError> {
    preconditions::prepare(source, target).await?;
    let totals = Totals::of(source).await?;
    let mut at = begin(source, target, &totals, report).await?;
    let plans = plan(source, target, &totals).await?;
    let begun = plans.iter().position(|plan| plan.table.name == at.marker.table).unwrap_or(0);
    for plan in &plans[begun..] {
        at = copy_table(source, target, plan, at, report).await?;
    }
    id_sequences::carry_over(source, target).await?;
    let differing = comparing::compare(source, target, &plans, report).await?;
    // What one stores that has come meanwhile would be left behind, or be in nobody's memory.
    preconditions::refuse_servers(source).await?;
    preconditions::refuse_servers(target).await?;
    if !differing.is_empty() {
        marker::spoil(target, at).await?;
        return Err(CopyError::Differs(differing.join("; ")));
    }
    marker::finish(source, target, at).await?;
    Ok(totals.copied())
}

/// Where the copy begins: at the first table, or where it was interrupted.
async fn begin(
    source: &Store,
    target: &Store,
    totals: &Totals,
    report: OnProgress<'_>,
) -> Result<Marked, CopyError> {
    let epoch = source.epoch().await?;
    let before = match marker::read(target).await? {
        None => {
            preconditions::require_empty(target, &epoch).await?;
            None
        }
        Some(before) if before.marker.epoch != epoch => return Err(CopyError::OfAnother),
        Some(before) if before.marker.source == totals.fingerprint() => {
            report(CopyProgress::GoesOn(totals.before(&before.marker.table) + before.marker.rows));
            return Ok(before);
        }
        Some(before) => {
            report(CopyProgress::BeginsAnew);
            Some(before)
        }
    };
    let first = Marker {
        epoch,
        source: totals.fingerprint(),
        table: COPIED[0].name.to_owned(),
        after: None,
        rows: 0,
    };
    writing::empty(target, before, first).await
}

async fn plan(source: &Store, target: &Store, totals: &Totals) -> Result<Vec<Plan>, CopyError> {
    let mut plans = Vec::with_capacity(COPIED.len());
    for table in &COPIED {
        let columns = columns::of(source, table.name).await?;
        if columns::of(target, table.name).await? != columns {
            return Err(CopyError::Columns(table.name));
        }
        plans.push(Plan {
            table,
            columns,
            rows: totals.of_table(table.name),
            before: totals.before(table.name),
            all: totals.copied().rows,
        });
    }
    Ok(plans)
}

async fn copy_table(
    source: &Store,
    target: &Store,
    plan: &Plan,
    mut at: Marked,
    report: OnProgress<'_>,
) -> Result<Marked, CopyError> {
    let is_resumed = at.marker.table == plan.table.name;
    let (after, mut rows) = match is_resumed {
        true => (at.marker.after.clone(), at.marker.rows),
        false => (None, 0),
    };
    let mut reader = RowReader::new(source, plan.table, &plan.columns, after);
    loop {
        let step = reader.next().await?;
        let Some(after) = reader.after().filter(|_| !step.is_empty()) else {
            break;
        };
        rows += step.len() as u64;
        let next = Marker {
            table: plan.table.name.to_owned(),
            after: Some(after.clone()),
            rows,
            ..at.marker.clone()
        };
        at = writing::store(target, plan, &step, at, next).await?;
        target.faults.pass(FaultPoint::AfterCommit);
        if rows < plan.rows {
            report(CopyProgress::Copied(plan.advance(rows, 1)));
        }
    }
    report(CopyProgress::Copied(plan.advance(rows, 1)));
    Ok(at)
}
