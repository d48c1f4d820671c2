//! The product as its users meet it.

mod corp_messenger;
mod demonstration;
mod example;
pub(crate) mod interactive;
mod latency_between_servers;
mod load;
mod page;
mod servers_compared;
mod terminals;
mod walkthrough;
