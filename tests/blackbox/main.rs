//! Vestnik from outside: real sockets, real HTTP, real stores, and the programs that its users use.
//!
//! Nothing here knows the inside. Each test has a store of its own and, unless it is about the
//! process, a node in this process; tests of behaviour run on SQLite and on Postgres. What a test
//! needs and cannot find (Postgres, curl, wscat, k6, Python) it says and passes, but under `CI=true`
//! it fails.
//!
//! - [`rights`]: who people are, what they may do, and how they prove it.
//! - [`messages`]: what is said: once, in order, and found again by everybody who comes back; and what becomes of them.
//! - [`reading`]: where readers stand, and who is there.
//! - [`wire`]: frames, connections and answers, also under strain.
//! - [`process`]: how a server is configured and measured, how it stops, dies and comes back, and what it asks of its database.
//! - [`between`]: what stands between a server and its clients, and the clients of others.
//! - [`product`]: the product as its users meet it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test says what it expects by unwrapping it, and has threads to itself"
)]
#![allow(clippy::too_many_lines, reason = "a test tells a story from its beginning to its end")]

#[path = "../common/schema.rs"]
mod schema;
mod support;

mod between;
mod messages;
mod process;
mod product;
mod reading;
mod rights;
mod searching;
mod wire;
