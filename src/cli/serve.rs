//! `vestnik serve`.

use std::io;
use std::process::ExitCode;

use chrono::Utc;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{Application, Ended, Handle};
use crate::cli::{CommandResult, say};
use crate::config::{Config, LogFormat};

pub(super) async fn serve(config: Config) -> CommandResult {
    let (trust, log) = (config.trust, config.log);
    allow_many_files();
    pass_over_signals()?;
    let handle = Handle::default();
    let mut is_first = true;
    loop {
        let application = Application::build(config.clone()).await?.stopped_by(&handle);
        if trust && is_first {
            warn_of_trust(log);
        }
        // After the sockets are listened on: who sees the line can connect.
        let listening = format!("listening on {}", application.url());
        match log {
            LogFormat::Text => say(&listening),
            LogFormat::Json => say(&LogFormat::object(Utc::now(), "INFO", "vestnik", &listening)),
        }
        if std::mem::take(&mut is_first) {
            stop_on_signal(handle.clone())?;
        }
        if application.run().await? == Ended::Stopped {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn warn_of_trust(log: LogFormat) {
    const LINES: [&str; 2] = [
        "--trust: NO CREDENTIALS ARE ASKED FOR. Everybody on this machine is believed to be",
        "whoever they say they are. For a laptop and for tests only.",
    ];
    match log {
        LogFormat::Text => {
            say("");
            LINES.iter().for_each(|line| say(&format!("  {line}")));
            say("");
        }
        LogFormat::Json => {
            say(&LogFormat::object(Utc::now(), "WARN", "vestnik", &LINES.join(" ")));
        }
    }
}

/// Signals that would end the process without a word, and that are sent to programs for other ends: a
/// terminal that is closed, a log that was rotated. There is nothing to read again and no file to
/// open, so they are passed over.
fn pass_over_signals() -> io::Result<()> {
    let signals = [
        ("SIGHUP", SignalKind::hangup()),
        ("SIGUSR1", SignalKind::user_defined1()),
        ("SIGUSR2", SignalKind::user_defined2()),
    ];
    for (name, kind) in signals {
        let mut signal = signal(kind)?;
        actix_rt::spawn(async move {
            while signal.recv().await.is_some() {
                log::info!("{name} is passed over; SIGTERM stops the server");
            }
        });
    }
    Ok(())
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
