//! What the database says of files against what is in their folder.

use std::collections::HashMap;

use crate::store::commit::rows::query;
use crate::store::files::folder::StoredFile;
use crate::store::files::on_disk;
use crate::store::{Store, StoreError};

/// How the two differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Files that a row names, and that are not there or of another size.
    pub missing: i64,
    /// Files that no row names: what came after the state that the database was restored to.
    pub unknown: i64,
}

/// Compares both ways.
pub(crate) async fn compare(store: &Store) -> Result<Differences, StoreError> {
    let folder = store.files().clone();
    // What is named by a row was there before.
    let rows =
        query(store.readers(), "SELECT sha256, size FROM files WHERE dying_since IS NULL", [])
            .await?;
    let dying =
        query(store.readers(), "SELECT sha256 FROM files WHERE dying_since IS NOT NULL", [])
            .await?;
    let found = on_disk(move || folder.list()).await?.unwrap_or_default();
    let mut found: HashMap<_, _> =
        found.into_iter().map(|StoredFile { sha256, size }| (sha256, size)).collect();
    let mut differences = Differences::default();
    for row in rows {
        let (sha256, size): (String, i64) = (row.get("sha256")?, row.get("size")?);
        let there = found.remove(&sha256).and_then(|size| i64::try_from(size).ok());
        differences.missing += i64::from(there != Some(size));
    }
    for row in dying {
        found.remove(&row.get::<String>("sha256")?);
    }
    differences.unknown = i64::try_from(found.len()).unwrap_or(i64::MAX);
    Ok(differences)
}
