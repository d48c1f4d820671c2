//! The product as its users meet it.

mod across;
mod corp_messenger;
mod demonstration;
mod example;
pub(crate) mod interactive;
mod load;
mod page;
mod terminals;
mod walkthrough;
