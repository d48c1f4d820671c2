//! Vestnik from outside: real sockets, real HTTP, real stores, and the programs that its users use.
//!
//! Nothing here knows the inside. Each test has a store of its own and, unless it is about the
//! process, a node in this process; tests of behaviour run on SQLite and on Postgres. What a test
//! needs and cannot find (Postgres, curl, wscat, k6, Python) it says and passes, but under `CI=true`
//! it fails.
//!
//! - people and their rights: [`accounts`], [`tokens`], [`revoking`], [`late_bodies`], [`proving`], [`chats`], [`private`], [`people`],
//!   [`membership`], [`strangers`], [`authorization`], [`origins`], [`cookies`], [`proxies`], [`trust`]
//! - messages: [`conversing`], [`exactly_once`], [`ordering`], [`resuming`], [`replaying`], [`converging`],
//!   [`syncing`], [`history`], [`gopher`], [`events`], [`events_end`]
//! - what becomes of messages: [`editing`], [`deleting`], [`reacting`], [`pinning`], [`replying`]
//! - where readers stand: [`mentioning`], [`marking`], [`readers`]; who is there: [`typing`], [`presence`]
//! - the wire: [`transcripts`], [`connections`], [`upgrading`],
//!   [`early_answers`], [`scanning`], [`patience`]; under strain: [`frames`], [`encrypted`], [`errors`], [`limits`],
//!   [`crowds`], [`cuts`], [`background`]
//! - the process: [`configured`], [`measured`], [`signals`], [`stopping`], [`draining`], [`crashes`], [`faults`],
//!   [`unknown_commits`], [`unit_file`], [`resting`], [`migrations`], [`restoring`]; what the database is asked:
//!   [`plans`]; which databases will do: [`databases`]
//! - what stands between: [`fronts`], [`clients`]
//! - the product as its users meet it: [`walkthrough`], [`corp_messenger`], [`terminals`], [`example`], [`load`], [`interactive`],
//!   [`demonstration`], [`page`]
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

mod accounts;
mod authorization;
mod background;
mod chats;
mod clients;
mod company;
mod configured;
mod connections;
mod converging;
mod conversing;
mod cookies;
mod corp_messenger;
mod crashes;
mod crowds;
mod cuts;
mod databases;
mod deleting;
mod demonstration;
mod draining;
mod early_answers;
mod editing;
mod encrypted;
mod erasing;
mod errors;
mod events;
mod events_end;
mod exactly_once;
mod example;
mod faults;
mod frames;
mod fronts;
mod gopher;
mod history;
mod interactive;
mod invites;
mod isolation;
mod late_bodies;
mod limits;
mod load;
mod marking;
mod measured;
mod membership;
mod memory;
mod mentioning;
mod migrations;
mod naming;
mod ordering;
mod origins;
mod paces;
mod page;
mod patience;
mod people;
mod piling;
mod pinning;
mod plans;
mod presence;
mod private;
mod proving;
mod proxies;
mod reacting;
mod readers;
mod replaying;
mod replying;
mod resting;
mod restoring;
mod resuming;
mod revoking;
mod scanning;
mod sharing;
mod signals;
mod stopping;
mod strangers;
mod syncing;
mod terminals;
mod tokens;
mod transcripts;
mod trust;
mod typing;
mod unit_file;
mod unknown_commits;
mod upgrading;
mod walkthrough;
