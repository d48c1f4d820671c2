//! The product as its users meet it.

mod corp_messenger;
mod demo;
pub(crate) mod interactive;
mod k6;
mod latency_between_servers;
mod older_servers_commands;
mod page;
mod protocol_example;
mod servers_compared;
mod terminals;
