//! `vestnik serve`.

use std::io;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{Application, Handle};
use crate::cli::{Outcome, say};
use crate::config::Config;

pub(super) async fn serve(config: Config) -> Outcome {
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
