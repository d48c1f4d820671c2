//! The command line.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Publishers post to rooms; what each member gets is counted, timed and checked.
    Fanout,
    /// One publisher in each room and nobody else: acknowledged sends, and how long they take.
    Sends,
    /// Opens the sockets, holds them, and reports the server's memory for each.
    Idle,
    /// Opens the sockets as fast as the server lets it, and says how long each takes until it is ready (and
    /// then, with --then, until it has been brought up to date).
    Connect,
}

/// Drives a server of messages over WebSockets, on loopback only, and prints what it took as JSON.
///
/// Templates adapt it to the server. They may have {user}, {room}, {token} and {index}; that of a message also
/// {payload} (which carries the stamp by which a message is known again, padded to --payload bytes), {id} (a
/// short stamp, for a key that the acknowledgement repeats) and {number}. \r and \n in them are line ends.
#[derive(Parser, Clone)]
#[command(version)]
pub(crate) struct Args {
    #[arg(value_enum)]
    pub(crate) mode: Mode,
    /// ws:// or wss:// and an address in 127.0.0.0/8, with its port; a template.
    #[arg(long)]
    pub(crate) url: String,
    /// PEM file of the certificate to trust with wss://.
    #[arg(long)]
    pub(crate) ca: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    pub(crate) rooms: usize,
    /// Members of each room, a socket each.
    #[arg(long, default_value_t = 1000)]
    pub(crate) subs: usize,
    /// How many of each room's members publish; the first ones.
    #[arg(long, default_value_t = 1)]
    pub(crate) publishers: usize,
    /// Messages a second of all publishers together; 0 is as fast as --window allows.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) rate: f64,
    /// Messages that each publisher has sent and that are not acknowledged, if --rate is 0.
    #[arg(long, default_value_t = 64)]
    pub(crate) window: u64,
    /// Bytes of {payload}.
    #[arg(long, default_value_t = 128)]
    pub(crate) payload: usize,
    /// A message: a template.
    #[arg(long, default_value = "{payload}")]
    pub(crate) publish: String,
    /// Frame to send once the socket is open; a template, and there may be several.
    #[arg(long)]
    pub(crate) init: Vec<String>,
    /// A socket is ready when a frame with this text has come, or else when it is open.
    #[arg(long)]
    pub(crate) ready: Option<String>,
    /// Frame to send once it is ready, as by a client that comes back; a template, and there may be several.
    #[arg(long)]
    pub(crate) then: Vec<String>,
    /// A socket that has sent --then is up to date when a frame with this text has come …
    #[arg(long)]
    pub(crate) done: Option<String>,
    /// … and without this one.
    #[arg(long)]
    pub(crate) unless: Option<String>,
    /// How often this text comes until a socket is up to date is counted.
    #[arg(long)]
    pub(crate) count: Option<String>,
    /// A frame with this text, and without a stamp, counts as refused.
    #[arg(long, default_value = "\"type\":\"error\"")]
    pub(crate) refusal: String,
    /// Frames are sent as binary ones.
    #[arg(long)]
    pub(crate) binary: bool,
    /// Another header of the request, as 'Authorization: Bearer {token}'; a template, and there may be several.
    #[arg(long)]
    pub(crate) header: Vec<String>,
    /// File with the {user} of each socket, one a line; else u0, u1 …
    #[arg(long)]
    pub(crate) users: Option<PathBuf>,
    /// File with the {token} of each socket.
    #[arg(long)]
    pub(crate) tokens: Option<PathBuf>,
    /// File with the {room} of each room.
    #[arg(long)]
    pub(crate) room_ids: Option<PathBuf>,
    /// The server does not send publishers their own messages.
    #[arg(long)]
    pub(crate) no_echo: bool,
    /// Members of each room, the last ones, that stop reading when they are ready.
    #[arg(long, default_value_t = 0)]
    pub(crate) stalled: usize,
    /// Seconds before the measured ones.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warmup: f64,
    /// Seconds that are measured, or for which idle sockets are held.
    #[arg(long, default_value_t = 8.0)]
    pub(crate) duration: f64,
    /// Seconds without any message after which those that are missing are missing.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) drain: f64,
    /// Seconds between the last socket's being ready and the first message.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) settle: f64,
    #[arg(long, default_value_t = 60.0)]
    pub(crate) connect_timeout: f64,
    /// Sockets that are being opened at a time.
    #[arg(long, default_value_t = 64)]
    pub(crate) connect_window: usize,
    /// The first source address; there is another one for each 20,000 sockets.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) source: Ipv4Addr,
    /// The server's process: its processor time and its memory are reported.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
}
