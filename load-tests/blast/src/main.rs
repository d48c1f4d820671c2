//! A load generator for servers of messages over WebSockets, on loopback only. It is one thread and one poll, so that
//! it costs less than the server that it drives; what it finds it prints as JSON. `load-tests/README.md` has examples.

mod args;
mod clock;
mod connection;
mod counts;
mod due;
mod frames;
mod generator;
mod histogram;
mod measuring;
mod plan;
mod process;
mod receiving;
mod stamps;
mod stream;
mod track;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use rustix::process::{Resource, getrlimit, setrlimit};

fn main() -> ExitCode {
    let args = args::Args::parse();
    // A socket is a file. Without more of them, connecting says what is wrong.
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    let _ = setrlimit(Resource::Nofile, files);
    match plan::Plan::new(args).and_then(|plan| measuring::measure(&plan)) {
        Ok(report) if writeln!(std::io::stdout(), "{report:#}").is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("blast: {error}");
            ExitCode::FAILURE
        }
    }
}
