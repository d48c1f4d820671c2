//! Frames, connections and answers, also under strain.

mod background;
mod connection_shares;
mod connections;
mod crowds;
mod cuts;
mod early_answers;
mod errors;
mod frames;
mod isolation;
mod limits;
mod memory;
mod paces;
mod patience;
mod per_user_limits;
mod port_scanners;
mod tls;
mod transcripts;
mod upgrading;
