//! How a server ends: everything accepted is answered, everybody is told when to come back, and the
//! store is closed. Each step has its time, so that none can keep the process from its end.

use std::time::{Duration, Instant};

use actix::{Actor, Addr, Context, Handler};
use actix_server::ServerHandle;
use tokio::sync::oneshot;

use crate::actors::messages::{CloseAll, Describe, Flush, GoAway};
use crate::app::Parts;
use crate::domain::return_times;
use crate::store::Store;
use crate::wire::Close;

/// How long Postgres may take to say goodbye. Nothing depends on it: what was answered is committed.
const GOODBYE: Duration = Duration::from_secs(2);

impl Parts {
    /// Says that the server is about to stop and serves on for as long as was asked for. If a part of
    /// it fails meanwhile: which.
    pub(super) async fn leave(&self) -> Option<&'static str> {
        self.engine.directory().leave();
        let delay = self.engine.config().drain_after;
        if delay.is_zero() {
            return None;
        }
        log::info!("serving on for {} seconds; /api/ready says 503", delay.as_secs_f64());
        tokio::select! {
            () = tokio::time::sleep(delay) => None,
            part = self.failed() => Some(part),
        }
    }

    /// Ends what is running, in order, within this time.
    pub(super) async fn drain(self, server: &ServerHandle, within: Duration) {
        let deadline = Instant::now() + within;
        let directory = self.engine.directory();
        directory.drain();
        let window = return_times::window(directory.sessions());
        directory.relays().iter().for_each(|relay| relay.do_send(GoAway { window }));
        server.pause().await;
        // The rest of the time is for the goodbyes.
        self.flush(deadline - within / 3).await;
        for relay in self.engine.directory().relays() {
            relay.do_send(CloseAll {
                close: Close::RESTART,
            });
        }
        let sockets_gone = || self.engine.directory().sessions() == 0;
        wait_until(deadline, sockets_gone).await;
        self.ending.cancel();
        server.stop(true).await;
        self.followers.stop().await;
        if let Some(hub) = &self.hub {
            hub.leave().await;
        }
        match close(self.engine.store()).await {
            true => drop(self.thread),
            // A connection that is in use can only be dropped while its thread runs.
            false => std::mem::forget(self.thread),
        }
    }

    /// Has everything that was accepted committed, answered and handed to the sockets.
    async fn flush(&self, deadline: Instant) {
        while Instant::now() < deadline {
            for writer in &self.writers {
                flush(writer, deadline).await;
            }
            flush(&self.read_commands, deadline).await;
            let mut is_working = false;
            for conversation in self.engine.directory().conversations() {
                if let Ok(now) = conversation.send(Describe).await {
                    is_working |= now.pending > 0 || now.undelivered > 0;
                }
            }
            if !is_working {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        log::warn!("not everything was answered before the end; clients repeat it");
    }
}

/// Waits until an actor has decided everything that was submitted to it.
async fn flush<A>(actor: &Addr<A>, deadline: Instant)
where
    A: Actor<Context = Context<A>> + Handler<Flush>,
{
    let (done, flushed) = oneshot::channel();
    actor.do_send(Flush { done });
    let _ = tokio::time::timeout_at(deadline.into(), flushed).await;
}

/// SQLite is waited for: it folds its log into the one file that a backup copies. A Postgres that
/// has stalled would never answer; `false` if there may be connections in use.
async fn close(store: &Store) -> bool {
    let closed = match store.is_sqlite() {
        true => Ok(store.close().await),
        false => tokio::time::timeout(GOODBYE, store.close()).await,
    };
    match &closed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::warn!("the database was not closed in order: {error}"),
        Err(_) => log::warn!("the database was not closed in order: it does not answer"),
    }
    closed.is_ok()
}

async fn wait_until(deadline: Instant, is_so: impl Fn() -> bool) {
    while !is_so() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
