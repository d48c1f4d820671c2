//! Databases that are copied, and what is in them.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use vestnik::store::copy::COPIED;

use crate::support::Setup;
use crate::support::process::finish;

/// A database by its URL.
pub(super) struct Place(String);

impl Place {
    /// The setup's own.
    pub(super) fn of(setup: &Setup) -> Self {
        Self(setup.url().to_owned())
    }

    /// A file in the setup's folder.
    pub(super) fn file(setup: &Setup, name: &str) -> Self {
        Self(format!("sqlite://{}", setup.dir().join(name).display()))
    }

    pub(super) fn at(url: &str) -> Self {
        Self(url.to_owned())
    }

    pub(super) fn url(&self) -> &str {
        &self.0
    }

    /// Has a server or a command use it.
    pub(super) fn flag(&self) -> String {
        format!("--database-url={}", self.0)
    }

    pub(super) async fn open(&self) -> DatabaseConnection {
        Database::connect(&self.0).await.expect("a connection")
    }

    /// Changes it by hand.
    pub(super) async fn execute(&self, sql: &str) {
        let database = self.open().await;
        database.execute_unprepared(sql).await.expect(sql);
        database.close().await.expect("a clean close");
    }

    /// The one number that `sql` asks for.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        let database = self.open().await;
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(statement).await.expect(sql).expect("one row");
        let number = row.try_get_by_index(0).expect("a number");
        database.close().await.expect("a clean close");
        number
    }

    /// Of a Postgres beside the setup's own.
    pub(super) async fn drop_it(self, setup: &Setup) {
        let (_, name) = self.0.rsplit_once('/').expect("a database");
        setup.execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

/// A new database of the setup's Postgres.
pub(super) async fn sibling(setup: &Setup, name: &str) -> Place {
    let url = format!("{}_{name}", setup.url());
    let (_, database) = url.rsplit_once('/').expect("a database");
    setup.execute(&format!("DROP DATABASE IF EXISTS {database}")).await;
    setup.execute(&format!("CREATE DATABASE {database}")).await;
    Place(url)
}

/// `vestnik copy` with more flags: whether it succeeded, and what it said.
pub(super) async fn copy_with(
    setup: &Setup,
    from: &Place,
    to: &Place,
    flags: &[&str],
) -> (bool, String) {
    let words = ["copy".to_owned(), from.flag(), format!("--to={}", to.url())];
    let flags = flags.iter().map(|flag| (*flag).to_owned());
    let (succeeded, said) =
        finish(setup.dir(), &words.into_iter().chain(flags).collect::<Vec<_>>()).await;
    assert!(!said.contains("panicked"), "{said}");
    let secret = setup.url().split(['@', ':']).nth(2).expect("a password");
    assert!(!said.contains(secret), "no password is shown: {said}");
    (succeeded, said)
}

pub(super) async fn copy(setup: &Setup, from: &Place, to: &Place) -> (bool, String) {
    copy_with(setup, from, to, &[]).await
}

/// The same, which must succeed; what it said.
pub(super) async fn copied(setup: &Setup, from: &Place, to: &Place) -> String {
    let (succeeded, said) = copy(setup, from, to).await;
    assert!(succeeded, "{said}");
    said
}

/// The same, which must be refused and say this.
pub(super) async fn refused(setup: &Setup, from: &Place, to: &Place, why: &str) {
    let (succeeded, said) = copy(setup, from, to).await;
    assert!(!succeeded && said.contains(why), "wanted {why:?}: {said}");
}

/// All rows of a SQLite file as SQLite quotes them, and the identity of the database; by table.
pub(super) async fn contents(place: &Place) -> BTreeMap<String, Vec<String>> {
    let database = place.open().await;
    let ask = async |sql: String| -> Vec<String> {
        let statement = Statement::from_string(database.get_database_backend(), &sql);
        let rows = database.query_all_raw(statement).await.expect(&sql);
        rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
    };
    let mut all = BTreeMap::new();
    for table in COPIED.iter().map(|table| table.name) {
        let columns =
            ask(format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1")).await;
        let quoted: Vec<_> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
        let row = quoted.join(" || ' ' || ");
        all.insert(table.to_owned(), ask(format!("SELECT {row} FROM {table} ORDER BY 1")).await);
    }
    let meta = "SELECT epoch || ' ' || created_at || ' ' || quote(copying) FROM meta";
    all.insert("meta".to_owned(), ask(meta.to_owned()).await);
    database.close().await.expect("a clean close");
    all
}
