//! Who people are, what they may do, and how they prove it.

mod accounts;
mod authorization;
mod chats;
mod cookies;
mod current_password;
mod erasing;
mod invites;
mod late_bodies;
mod managed_accounts;
mod membership;
mod naming;
mod origins;
mod people;
mod private;
mod proxies;
mod revoking;
mod strangers;
mod tokens;
mod trust;
