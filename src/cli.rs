//! The commands of the binary.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{Application, Handle};
use crate::config::Config;
use crate::store::{connect, migrate, verify};

/// A self-hosted messenger for companies.
#[derive(Parser, Debug)]
#[command(name = "vestnik", version)]
pub struct Cli {
    /// What every command is told.
    #[command(flatten)]
    pub config: Config,
    /// What to do; to serve, unless something else is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the binary can do.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Serve (what happens without a command too)
    Serve,
    /// Bring the schema up to date, take it back, or show it
    #[command(subcommand)]
    Migrate(Migrate),
    /// Recompute every promise from the database and report
    Verify,
    /// Ask a running server on this machine whether it is ready; exits 0 if so
    Health,
}

/// What can be done to the schema.
#[derive(Subcommand, Clone, Debug)]
pub enum Migrate {
    /// Apply what is pending
    Up {
        /// So many steps; all without it
        #[arg(short = 'n', long)]
        steps: Option<u32>,
    },
    /// Take migrations back; what they held is gone
    Down {
        /// So many steps
        #[arg(short = 'n', long, default_value_t = 1)]
        steps: u32,
    },
    /// Show what is applied
    Status,
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

/// Reads the command line and the environment; the configuration alone, for tests.
pub fn parse_config(arguments: &[&str]) -> Result<Config, clap::Error> {
    let arguments = std::iter::once("vestnik").chain(arguments.iter().copied());
    Ok(Cli::try_parse_from(arguments)?.config)
}

/// Carries a command out. Must be called inside an actix system.
pub async fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(cli.config).await,
        Command::Migrate(command) => migrate(cli.config, command).await,
        Command::Verify => verify(cli.config).await,
        Command::Health => cli.config.checked().map(|config| health(&config)).map_err(Into::into),
    };
    outcome.unwrap_or_else(|error| {
        say(&format!("vestnik: {error}"));
        ExitCode::FAILURE
    })
}

async fn serve(config: Config) -> Outcome {
    let trust = config.trust;
    allow_many_files();
    let application = Application::build(config).await?;
    if trust {
        say("");
        say("  --trust: NO CREDENTIALS ARE ASKED FOR. Everybody on this machine is believed to be");
        say("  whoever they say they are. For a laptop and for tests only.");
        say("");
    }
    // After the sockets are listened on: who sees the line can connect.
    say(&format!("listening on {}", application.url()));
    stop_on_signal(application.handle())?;
    application.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// Each socket is an open file, and the limit that a shell sets is for programs with few.
fn allow_many_files() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        log::warn!("the number of open files stays as it is: {error}");
    }
}

/// The first SIGTERM or SIGINT drains; the second ends at once, which is safe, only less polite.
fn stop_on_signal(handle: Handle) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    actix_rt::spawn(async move {
        let mut asked = false;
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if asked {
                std::process::exit(130);
            }
            asked = true;
            log::info!("stopping; once more ends at once");
            handle.stop();
        }
    });
    Ok(())
}

async fn migrate(config: Config, command: Migrate) -> Outcome {
    let store = connect::open(&config.database).await?;
    match command {
        Migrate::Up { steps } => migrate::up(&store, steps).await?,
        Migrate::Down { steps } => migrate::down(&store, Some(steps)).await?,
        Migrate::Status => {}
    }
    for (name, is_applied) in migrate::status(&store).await? {
        say(&format!("{:8} {name}", if is_applied { "applied" } else { "pending" }));
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn verify(config: Config) -> Outcome {
    let store = connect::open_existing(&config.database).await?;
    let report = verify::run(&store).await?;
    for check in &report {
        let verdict = if check.violations == 0 {
            "ok"
        } else {
            "BROKEN"
        };
        say(&format!("{verdict:7} {} ({} violations)", check.promise, check.violations));
    }
    store.close().await?;
    let is_kept = report.iter().all(|check| check.violations == 0);
    Ok(if is_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// For container health checks, in images without curl. Over TLS only the port is tried: the
/// certificate is for a name that is not this machine's.
fn health(config: &Config) -> ExitCode {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        if config.tls_cert.is_some() {
            return Ok(true);
        }
        stream.set_read_timeout(Some(Duration::from_secs(3)))?;
        write!(
            stream,
            "GET /api/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    };
    match ask() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("vestnik: {address} does not answer: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A line for a person, or for what reads `listening on …`, on standard error.
fn say(line: &str) {
    // Nobody may be reading.
    let _ = writeln!(io::stderr(), "{line}");
}
