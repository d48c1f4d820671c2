//! What the tests stand on: nodes, clients and stores. Everything here waits for facts and gives up
//! with words after [`PATIENCE`]; nothing waits for a time.

pub(crate) mod accepted_sockets;
pub(crate) mod api_operations;
pub(crate) mod events;
pub(crate) mod faulty_bus;
pub(crate) mod faulty_proxy;
pub(crate) mod many_members;
pub(crate) mod metric_counts;
pub(crate) mod nats;
pub(crate) mod node;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod raw_connection;
pub(crate) mod raw_frames;
pub(crate) mod replica;
pub(crate) mod rest;
pub(crate) mod reverse_proxy;
pub(crate) mod seeded_random;
pub(crate) mod setup;
pub(crate) mod socket;
pub(crate) mod tools;

use std::future::Future;
use std::time::{Duration, Instant};

pub(crate) use api_operations::operations;
pub(crate) use events::TestStream;
pub(crate) use node::TestNode;
pub(crate) use process::ServerProcess;
pub(crate) use raw_connection::Raw;
pub(crate) use rest::{Answer, TestClient, keys};
pub(crate) use serde_json::{Value, json};
pub(crate) use setup::{Kind, Setup, run, run_over_nats};
pub(crate) use socket::{Heard, TestSocket};

/// How long a fact may take. A healthy server needs milliseconds; a loaded machine needs patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a test on SQLite and one on Postgres of each `async fn name(setup: Setup)`.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[test]
            fn sqlite() {
                crate::support::run(crate::support::Kind::Sqlite, module_path!(), super::$name);
            }

            #[test]
            fn postgres() {
                crate::support::run(crate::support::Kind::Postgres, module_path!(), super::$name);
            }
        }
    )* };
}

/// Makes a test on SQLite alone, of what does not touch the store.
macro_rules! on_sqlite {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[test]
            fn sqlite() {
                crate::support::run(crate::support::Kind::Sqlite, module_path!(), super::$name);
            }
        }
    )* };
}

/// Makes a test on Postgres alone, of what SQLite does not have.
macro_rules! on_postgres {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[test]
            fn postgres() {
                crate::support::run(crate::support::Kind::Postgres, module_path!(), super::$name);
            }
        }
    )* };
}

/// Makes a test of servers that talk by Postgres, and one of servers that talk by NATS.
macro_rules! over_each_bus {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[test]
            fn postgres() {
                crate::support::run(crate::support::Kind::Postgres, module_path!(), super::$name);
            }

            #[test]
            fn nats() {
                crate::support::run_over_nats(module_path!(), super::$name);
            }
        }
    )* };
}

/// Makes a test of servers that talk by NATS alone.
macro_rules! over_nats {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[test]
            fn nats() {
                crate::support::run_over_nats(module_path!(), super::$name);
            }
        }
    )* };
}

pub(crate) use {on_both_stores, on_postgres, on_sqlite, over_each_bus, over_nats};

/// Waits for `future`; panics with `what` if it takes longer than [`PATIENCE`].
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// Asks until there is an answer; for facts that nobody announces.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(fact) = ask().await {
            return fact;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
