//! Why a copy was not made.

use crate::store::StoreError;
use crate::store::copy::tables::COPIED;

/// In a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A database does not do what it was asked.
    #[error("{0}; what has been copied is kept: run the same command again to go on")]
    Store(#[from] StoreError),
    /// The source has no schema, or an older one.
    #[error(
        "the schema of the database to copy is not this version's; copy it with the version that it is served by, or \
         bring it up to date first: vestnik migrate up"
    )]
    SourceSchema,
    /// The target has an older schema.
    #[error(
        "the database of --to has the schema of another version; make an empty one for the copy"
    )]
    TargetSchema,
    /// The source is itself a copy that was interrupted.
    #[error(
        "the database to copy is itself a copy that was not finished; finish that one first, by the command that \
         began it"
    )]
    SourceUnfinished,
    /// Somebody uses a Postgres.
    #[error(
        "{0} of Vestnik is connected to the database {1}, or was within the last seconds; stop all servers on it first: \
         what they store meanwhile would be left behind"
    )]
    Servers(String, String),
    /// There is something in the target.
    #[error(
        "the database of --to is not empty: there is something in its table {0}; make an empty one for the copy"
    )]
    NotEmpty(&'static str),
    /// It is the same, or a copy that was finished.
    #[error(
        "the database of --to is the one to copy, or a finished copy of it; for another copy make an empty database"
    )]
    Same,
    /// The target is half a copy of something else.
    #[error(
        "the database of --to has a part of a copy of another database in it; make an empty one for this copy"
    )]
    OfAnother,
    /// Two copies are made into one target.
    #[error("another copy is being made into the database of --to")]
    Raced,
    /// The tables of one name are not the same.
    #[error("the table {0} has other columns in the database of --to than in the one to copy")]
    Columns(&'static str),
    /// A column is of a type that no column of ours has.
    #[error("the column {1} of the table {0} is of the type {2}, which Vestnik does not make")]
    Type(&'static str, String, String),
    /// A row cannot be read, or cannot be kept by the target.
    #[error(
        "the row of {table} with {key} cannot be copied: {why}. Mend or delete it in the database to copy, and run the \
         same command again"
    )]
    Row {
        /// Of which table.
        table: &'static str,
        /// Which row, as `id = 5`.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// The two are not the same in the end.
    #[error(
        "the copy is not the same as the database that was copied, which something may have written to meanwhile: {0}. \
         Run the same command again: it begins anew"
    )]
    Differs(String),
}

impl CopyError {
    /// Which row of a table it is.
    pub(super) fn row(table: &str, key: String, why: impl ToString) -> Self {
        let known = COPIED.iter().find(|known| known.name == table);
        Self::Row {
            table: known.map_or("?", |known| known.name),
            key,
            why: why.to_string(),
        }
    }
}

impl From<sea_orm::DbErr> for CopyError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}
