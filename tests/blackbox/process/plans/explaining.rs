//! How Postgres and SQLite say that they would run a statement, and what is wrong with it.

use sea_orm::sea_query::{PostgresQueryBuilder, QueryBuilder, Value as SqlValue};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor, PgConnection, Row};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use super::actions::values;
use crate::support::*;

/// Rows of a table that one statement may look at: a page and what hangs on it.
const ROWS: f64 = 12_000.0;

/// An index that has the administrators alone in it.
const OF_FEW: &str = "users_administrators";

/// Statements that read more on purpose, by how they begin or what they have in them, with the reason.
const DELIBERATE: &[(&str, &str)] = &[
    ("LIKE", "a search for people by a part of their names reads all names"),
    (
        "\"keys_version\" <",
        "a server that starts looks for names whose keys are of older rules",
    ),
    (
        r#"SELECT "members"."user_id", "members"."role" FROM "members" INNER JOIN"#,
        "a conversation that starts reads all its members, once",
    ),
    (
        "DELETE FROM follower_positions",
        "an index that is of other rules is emptied when a server starts",
    ),
    ("DELETE FROM search_entries", "the same, where there is no WHERE"),
    (
        "COUNT(CASE WHEN u.deactivated_at IS NULL",
        "joining and leaving counts the members of that chat",
    ),
];

pub(super) fn is_deliberate(sql: &str) -> bool {
    DELIBERATE.iter().any(|(mark, _)| sql.contains(mark))
}

/// A session of Postgres with all statements prepared.
pub(super) struct Session {
    connection: sqlx::pool::PoolConnection<sqlx::Postgres>,
    name: String,
}

impl Session {
    /// A connection of this pool, set up as the server sets up its own. If it would keep a plan, it
    /// makes it now.
    pub(super) async fn open(
        pool: &DatabaseConnection,
        name: &str,
        statements: &[Statement],
    ) -> Self {
        let pool = pool.get_postgres_connection_pool();
        let mut session = Self {
            connection: pool.acquire().await.expect("a connection"),
            name: name.to_owned(),
        };
        session.run("SET statement_timeout = 0").await;
        let mode = session.text("SHOW plan_cache_mode").await;
        if mode == "auto" {
            // The plan that is kept, at its worst.
            session.run("SET plan_cache_mode = force_generic_plan").await;
        }
        for (number, statement) in statements.iter().enumerate() {
            let types: Vec<_> = values(statement).iter().map(type_of).collect();
            let types = match types.is_empty() {
                true => String::new(),
                false => format!("({})", types.join(", ")),
            };
            session.run(&format!("PREPARE s{number}{types} AS {}", statement.sql)).await;
            let explain = format!("EXPLAIN {}", execute(number, statement));
            session.run(&explain).await;
        }
        session
    }

    /// Gives the connection up; another session may begin afresh.
    pub(super) async fn close(self) {
        self.connection.close().await.expect("a clean close");
    }

    async fn run(&mut self, sql: &str) {
        let connection: &mut PgConnection = &mut self.connection;
        let run = connection.execute(AssertSqlSafe(sql.to_owned())).await;
        run.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    async fn text(&mut self, sql: &str) -> String {
        let connection: &mut PgConnection = &mut self.connection;
        let row = connection.fetch_one(AssertSqlSafe(sql.to_owned())).await.expect(sql);
        row.get(0)
    }

    /// What is wrong with the plans of these statements.
    pub(super) async fn faults(&mut self, statements: &[Statement]) -> Vec<String> {
        let mut faults = Vec::new();
        for (number, statement) in statements.iter().enumerate() {
            if is_deliberate(&statement.sql) {
                continue;
            }
            for fault in self.plan(number, statement).await.faults() {
                faults.push(format!("{}: {fault}: {}", self.name, statement.sql));
            }
        }
        faults
    }

    /// The plan, as it was carried out if that is possible.
    async fn plan(&mut self, number: usize, statement: &Statement) -> Plan {
        let execute = execute(number, statement);
        self.run("BEGIN").await;
        let analyze = format!("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {execute}");
        let connection: &mut PgConnection = &mut self.connection;
        let carried_out = connection.fetch_one(AssertSqlSafe(analyze)).await;
        self.run("ROLLBACK").await;
        let row = match carried_out {
            Ok(row) => row,
            // What is unique cannot be stored twice; how it would be stored can be said.
            Err(_) => {
                let explain = format!("EXPLAIN (FORMAT JSON) {execute}");
                let connection: &mut PgConnection = &mut self.connection;
                connection.fetch_one(AssertSqlSafe(explain)).await.expect("a plan")
            }
        };
        let plan: Value = row.get(0);
        Plan(plan[0]["Plan"].clone())
    }
}

fn execute(number: usize, statement: &Statement) -> String {
    let values: Vec<_> = values(statement)
        .iter()
        .map(|value| PostgresQueryBuilder.value_to_string(value).to_string())
        .collect();
    match values.is_empty() {
        true => format!("EXECUTE s{number}"),
        false => format!("EXECUTE s{number}({})", values.join(", ")),
    }
}

/// As the server's driver names it to Postgres.
fn type_of(value: &SqlValue) -> &'static str {
    match value {
        SqlValue::Bool(_) => "boolean",
        SqlValue::Int(_) => "integer",
        SqlValue::BigInt(_) | SqlValue::BigUnsigned(_) => "bigint",
        SqlValue::String(_) => "text",
        SqlValue::Bytes(_) => "bytea",
        SqlValue::ChronoDateTimeUtc(_) => "timestamptz",
        other => panic!("a parameter of another type: {other:?}"),
    }
}

struct Plan(Value);

impl Plan {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        look(&self.0, false, &mut faults);
        faults
    }
}

/// Looks at a node of a plan and at those below it. Under a limit an index may be read in its order.
fn look(node: &Value, is_limited: bool, faults: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    let is_there = |key: &str| !node[key].is_null();
    let index = node["Index Name"].as_str().unwrap_or_default();
    let small =
        ["meta", "invites", "nodes"].contains(&table) || [OF_FEW, "nodes_pkey"].contains(&index);
    if kind == "Seq Scan" && !small {
        faults.push(format!("reads all of {table}"));
    }
    let by_index = ["Index Scan", "Index Only Scan", "Bitmap Index Scan"].contains(&kind);
    let in_order = is_limited && !is_there("Filter");
    let goes_through = !is_there("Index Cond") && !in_order;
    if by_index && goes_through && !small {
        faults.push(format!("reads all of the index {}", node["Index Name"]));
    }
    let number = |key: &str| node[key].as_f64().unwrap_or(0.0);
    let rows = number("Actual Rows")
        + number("Rows Removed by Filter")
        + number("Rows Removed by Index Recheck");
    let looked_at = rows * number("Actual Loops");
    if !table.is_empty() && looked_at > ROWS {
        faults.push(format!("looks at {looked_at} rows of {table} by {}", node["Index Name"]));
    }
    let stays = ["Nested Loop", "Subquery Scan", "LockRows", "Result"].contains(&kind);
    let is_limited = kind == "Limit" || (is_limited && stays);
    for below in node["Plans"].as_array().into_iter().flatten() {
        look(below, is_limited, faults);
    }
}

/// What is wrong with SQLite's plans of these statements.
pub(super) async fn faults_of_sqlite(
    database: &DatabaseConnection,
    name: &str,
    statements: &[Statement],
) -> Vec<String> {
    let mut faults = Vec::new();
    for statement in statements.iter().filter(|statement| !is_deliberate(&statement.sql)) {
        let explain = Statement {
            sql: format!("EXPLAIN QUERY PLAN {}", statement.sql),
            ..statement.clone()
        };
        let rows = database
            .query_all_raw(explain)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", statement.sql));
        for row in rows {
            let detail: String = row.try_get("", "detail").expect("a detail");
            let is_limited = statement.sql.contains("LIMIT");
            // Without an index it is the order of the rows themselves.
            let by_index = detail.contains("USING") && detail.contains("INDEX");
            let in_order = is_limited && (by_index || !statement.sql.contains("WHERE"));
            let of_ours = [
                "SCAN v",
                // By its words, whatever it is called.
                "SCAN found VIRTUAL TABLE",
                "SCAN json_each",
                "SCAN (",
                "SCAN x",
                "SCAN y",
                "SCAN CONSTANT",
                "SCAN meta",
                "SCAN invites",
            ];
            let small = of_ours.iter().any(|begin| detail.starts_with(begin));
            // For rows that point at one that is new; it is done only where such a key may be missing.
            let of_keys = statement.sql.starts_with("INSERT INTO") || detail.ends_with(OF_FEW);
            if detail.starts_with("SCAN") && !small && !in_order && !of_keys {
                faults.push(format!("{name}: {detail}: {}", statement.sql));
            }
        }
    }
    faults
}
