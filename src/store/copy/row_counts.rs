//! What a database has: how much there is to copy, and by what one sees quickly that something was written since.

use sea_orm::DatabaseTransaction;

use crate::store::copy::{COPIED, Copied, CopyError};
use crate::store::single_value::scalar;
use crate::store::{Store, StoreError, begin_long_read};

/// Numbers that go up with what happens in conversations, with sign-ins and with reading.
const SIGNS: [&str; 3] = [
    "SELECT CAST(COALESCE(SUM(head_seq), 0) AS BIGINT) FROM conversations",
    "SELECT CAST(COALESCE(SUM(read_n + read_rev), 0) AS BIGINT) FROM members",
    "SELECT COALESCE(MAX(id), 0) FROM tokens",
];

/// Rows by table, in the order in which they are copied; and the signs.
#[derive(Debug)]
pub(super) struct Totals {
    rows: Vec<(&'static str, u64)>,
    signs: Vec<u64>,
}

impl Totals {
    /// Counts the rows of a database, in one state of it, however long that takes.
    pub(super) async fn of(store: &Store) -> Result<Self, CopyError> {
        let transaction = begin_long_read(store).await?;
        let mut rows = Vec::with_capacity(COPIED.len());
        for table in &COPIED {
            let sql = format!("SELECT COUNT(*) FROM \"{}\"", table.name);
            rows.push((table.name, number(&transaction, &sql).await?));
        }
        let mut signs = Vec::with_capacity(SIGNS.len());
        for sql in SIGNS {
            signs.push(number(&transaction, sql).await?);
        }
        transaction.rollback().await?;
        Ok(Self { rows, signs })
    }

    /// All the numbers in one text: it is another one if the source was written to meanwhile.
    pub(super) fn fingerprint(&self) -> String {
        let numbers = self.rows.iter().map(|(_, rows)| rows).chain(&self.signs);
        numbers.map(u64::to_string).collect::<Vec<_>>().join(" ")
    }

    /// How many rows the table of this name has.
    pub(super) fn of_table(&self, name: &str) -> u64 {
        self.rows.iter().find(|(table, _)| *table == name).map_or(0, |(_, rows)| *rows)
    }

    /// How many rows there are in all tables that are copied before this one.
    pub(super) fn before(&self, name: &str) -> u64 {
        self.rows
            .iter()
            .take_while(|(table, _)| *table != name)
            .map(|(_, rows)| rows)
            .sum()
    }

    /// The numbers that the administrator is told in the end.
    pub(super) fn copied(&self) -> Copied {
        Copied {
            conversations: self.of_table("conversations"),
            messages: self.of_table("messages"),
            rows: self.rows.iter().map(|(_, rows)| rows).sum(),
        }
    }
}

async fn number(transaction: &DatabaseTransaction, sql: &str) -> Result<u64, StoreError> {
    let number: i64 = scalar(transaction, sql, []).await?.unwrap_or(0);
    Ok(u64::try_from(number).unwrap_or(0))
}
