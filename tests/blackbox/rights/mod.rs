//! Who people are, what they may do, and how they prove it.

mod accounts;
mod authorization;
mod chats;
mod company;
mod cookies;
mod erasing;
mod invites;
mod late_bodies;
mod membership;
mod naming;
mod origins;
mod people;
mod private;
mod proving;
mod proxies;
mod revoking;
mod strangers;
mod tokens;
mod trust;
