//! Frames, connections and answers, also under strain.

mod background;
mod connections;
mod crowds;
mod cuts;
mod early_answers;
mod encrypted;
mod errors;
mod frames;
mod isolation;
mod limits;
mod memory;
mod paces;
mod patience;
mod per_user_limits;
mod scanning;
mod sharing;
mod transcripts;
mod upgrading;
