//! Vestnik: a self-hosted messenger for companies and the actor-based real-time engine under it.
//!
//! Left never imports right, and no file imports itself through others; tests read the files and hold both:
//!
//! ```text
//! domain ← wire ← config ← store ← bus ← actors ← http, tls ← app ← cli, telemetry ← main
//! ```
//!
//! Start at `docs/architecture.md`, or follow a message: [`http`] upgrades a socket, the session in
//! [`actors`] reads a frame, [`wire`] decodes it, the conversation asks [`domain`], the writer has
//! [`store`] commit it, and the relays write the frames out.

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "whoever reads this page reads the program: it is made with its private items"
)]

pub mod actors;
pub mod app;
pub mod bus;
pub mod cli;
pub mod config;
pub mod domain;
pub mod faults;
pub mod http;
pub mod mistakes;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod wire;
