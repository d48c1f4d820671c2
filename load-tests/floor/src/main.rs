//! The least that a server of messages can cost on a machine, to compare the server with. `load-tests/README.md` says how.
//!
//! A socket's room is the last part of its path; what somebody says there everybody there hears. There are no rights,
//! limits, accounts and bounds at all, so it listens on loopback addresses only.

mod commits;
mod connection;
mod frames;
mod rooms;
mod server;
mod store;

use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::rooms::Rooms;
use crate::server::Server;
use crate::store::Store;

/// The floors
#[derive(Parser)]
#[command(version)]
enum Floor {
    /// Stores nothing: each text goes to everybody in its room, as it came
    Bare {
        /// Where it listens; a loopback address
        #[arg(long, default_value = "127.0.0.1:9001")]
        listen: SocketAddrV4,
    },
    /// Stores each message before anybody hears it, in SQLite with `synchronous=FULL`
    Durable {
        /// Where it listens; a loopback address
        #[arg(long, default_value = "127.0.0.1:9001")]
        listen: SocketAddrV4,
        /// The file to make
        #[arg(long)]
        database: PathBuf,
    },
    /// Says what a bare commit of one message takes
    Commits {
        /// The file to make
        #[arg(long)]
        database: PathBuf,
        /// For how long
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
    },
}

fn main() -> ExitCode {
    // A socket is a file. Without more of them, connecting says what is wrong.
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    let _ = setrlimit(Resource::Nofile, files);
    match run(Floor::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(floor: Floor) -> Result<(), Box<dyn Error>> {
    match floor {
        Floor::Bare { listen } => serve(listen, Rooms::new(None)),
        Floor::Durable { listen, database } => {
            serve(listen, Rooms::new(Some(Store::create(&database)?)))
        }
        Floor::Commits { database, seconds } => {
            let times =
                commits::commits(&mut Store::create(&database)?, Duration::from_secs_f64(seconds))?;
            let at = |percent: usize| {
                times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e6
            };
            let (count, median, high) = (times.len(), at(50), at(99));
            writeln!(
                std::io::stdout(),
                "{{\"commits\":{count},\"p50_us\":{median:.1},\"p99_us\":{high:.1}}}"
            )?;
            Ok(())
        }
    }
}

fn serve(listen: SocketAddrV4, rooms: Rooms) -> Result<(), Box<dyn Error>> {
    if !listen.ip().is_loopback() {
        return Err(
            "it listens on loopback addresses only: everybody may do everything here".into()
        );
    }
    let server = Server::bind(listen, rooms)?;
    eprintln!("listening on {}", server.address()?);
    server.serve()
}
