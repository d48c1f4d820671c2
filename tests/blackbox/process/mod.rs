//! How a server is configured and measured, how it stops, dies and comes back, and what it asks of its database.

mod announcing;
mod backing_up;
mod clocks;
mod cluster;
mod configured;
mod copying;
mod crashes;
mod databases;
mod draining;
mod failover;
mod faults;
mod following;
mod hot_chats;
mod measured;
mod migrations;
mod nats;
mod plans;
mod resting;
mod restoring;
mod rolling;
mod signals;
mod stopping;
mod two_servers;
mod unit_file;
mod unknown_commits;
