//! How soon one is heard at another server: later than at one's own by what Postgres takes to tell somebody
//! something, measured at the same time, and little else.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::sqlx::query;

use super::interactive::percentile;
use crate::support::tools::say_aloud;
use crate::support::*;

on_postgres! {
    one_is_heard_at_another_server_as_soon_as_postgres_can_tell_it,
}

const MESSAGES: usize = 200;
/// People talk no faster; what goes faster is told together, in less work.
const PAUSE: Duration = Duration::from_millis(15);
/// What it may take beyond a bare NOTIFY. A look at the store would take up to a second.
const BEYOND: Duration = Duration::from_millis(20);
/// A machine that does other things beside is asked again.
const ROUNDS: usize = 8;

/// Tells itself something by a Postgres; how long that took.
struct Echo {
    listener: PgListener,
    pool: sea_orm::sqlx::PgPool,
}

impl Echo {
    async fn of(setup: &Setup) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).connect(setup.url()).await;
        let pool = pool.expect("a pool");
        let mut listener = PgListener::connect_with(&pool).await.expect("a listener");
        listener.listen("echo").await.expect("it listens");
        Self { listener, pool }
    }

    async fn took(&mut self) -> Duration {
        let began = Instant::now();
        let text = "x".repeat(600);
        query("SELECT pg_notify('echo', $1)")
            .bind(text)
            .execute(&self.pool)
            .await
            .expect("told");
        self.listener.recv().await.expect("heard");
        began.elapsed()
    }
}

async fn heard_at(socket: &mut TestSocket, text: &str) -> Instant {
    socket.message(text).await;
    Instant::now()
}

async fn one_is_heard_at_another_server_as_soon_as_postgres_can_tell_it(setup: Setup) {
    let (here, there) = (setup.process(&[]).await, setup.process(&[]).await);
    let [alice, bob, carol] = here.node().join_all(["alice", "bob", "carol"]).await;
    let chat = alice.create_group(&[&bob, &carol]).await;
    let mut speaker = alice.socket(chat).await;
    let (mut beside, mut across) =
        (carol.socket(chat).await, bob.at(there.node()).socket(chat).await);
    let mut echo = Echo::of(&setup).await;
    let mut said = String::new();
    for round in 0..ROUNDS {
        let (mut later, mut bare) = (Vec::new(), Vec::new());
        for i in 0..MESSAGES {
            bare.push(echo.took().await);
            let text = format!("{round}-{i}");
            speaker.say(&text).await;
            let (own, other) =
                tokio::join!(heard_at(&mut beside, &text), heard_at(&mut across, &text));
            later.push(other.saturating_duration_since(own));
            speaker.message(&text).await;
            tokio::time::sleep(PAUSE).await;
        }
        let ms = |times: &[Duration], percent| 1_000.0 * percentile(times, percent).as_secs_f64();
        let _ = writeln!(
            said,
            "FIGURE: heard at another server {:.2} ms later than at one's own (p50), {:.2} ms (p99); a bare \
             NOTIFY and back {:.2} ms, {:.2} ms; difference {:+.2} ms (p50), {:+.2} ms (p99)",
            ms(&later, 50),
            ms(&later, 99),
            ms(&bare, 50),
            ms(&bare, 99),
            ms(&later, 50) - ms(&bare, 50),
            ms(&later, 99) - ms(&bare, 99),
        );
        if percentile(&later, 50) <= percentile(&bare, 50) + BEYOND {
            say_aloud(said.trim_end());
            return;
        }
    }
    panic!("whoever is at another server hears too late:\n{said}");
}
