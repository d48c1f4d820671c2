//! Where readers stand, and who is there.

mod marking;
mod mentioning;
mod presence;
mod readers;
mod typing;
