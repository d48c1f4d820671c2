//! The product as its users meet it.

mod corp_messenger;
mod demonstration;
mod example;
pub(crate) mod interactive;
mod latency_between_servers;
mod load;
mod page;
mod terminals;
mod walkthrough;
