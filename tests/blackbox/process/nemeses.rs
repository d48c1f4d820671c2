//! Everything at once that happens to servers, in turns and by chance, while people talk: `VESTNIK_TEST_NEMESES` says
//! how often more, `VESTNIK_TEST_TALKERS` how many talk, `VESTNIK_TEST_SEED` by which chance, and
//! `VESTNIK_TEST_SECONDS` how much longer it may take.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use super::talking::{Balancer, under_load};
use crate::support::process::ServerProcess;
use crate::support::seeded_random::Chance;
use crate::support::setup::setting;
use crate::support::*;

on_postgres! {
    whatever_happens_to_servers_nothing_is_lost_doubled_or_out_of_order,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Nemesis {
    /// A server is ended in order, and another comes.
    Restart,
    /// `kill -9`.
    Kill,
    /// A machine stands still, for less than its lease.
    Nap,
    /// For longer: it is taken for gone, and comes back as another one.
    Sleep,
    /// What servers tell each other is not heard, again and again.
    Deafen,
    /// Postgres ends all connections.
    Disconnect,
    /// One more server comes, and goes.
    Visit,
}

/// Each once.
const ALL: [Nemesis; 7] = [
    Nemesis::Deafen,
    Nemesis::Kill,
    Nemesis::Disconnect,
    Nemesis::Sleep,
    Nemesis::Restart,
    Nemesis::Visit,
    Nemesis::Nap,
];

struct Scene {
    setup: Setup,
    balancer: Arc<Balancer>,
    servers: Vec<ServerProcess>,
    chance: Chance,
}

impl Scene {
    async fn suffer(&mut self, nemesis: Nemesis) {
        let which = self.chance.below(self.servers.len());
        match nemesis {
            Nemesis::Restart => {
                let server = self.leave(which);
                server.terminate();
                assert!(server.ended().await.success(), "in order");
                self.come().await;
            }
            Nemesis::Kill => {
                self.leave(which).kill().await;
                self.come().await;
            }
            Nemesis::Nap => self.stop(which, Duration::from_secs(2)).await,
            Nemesis::Sleep => self.stop(which, Duration::from_secs(12)).await,
            Nemesis::Deafen => {
                for _ in 0..10 {
                    self.setup.cut_listeners().await;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Nemesis::Disconnect => {
                self.setup
                    .execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()",
                    )
                    .await;
            }
            Nemesis::Visit => {
                self.come().await;
                let server = self.leave(which);
                server.terminate();
                assert!(server.ended().await.success(), "in order");
            }
        }
    }

    async fn stop(&self, which: usize, time: Duration) {
        self.servers[which].signal(Signal::STOP);
        tokio::time::sleep(time).await;
        self.servers[which].signal(Signal::CONT);
    }

    fn leave(&mut self, which: usize) -> ServerProcess {
        let server = self.servers.remove(which);
        self.balancer.has_no_more(&server);
        server
    }

    async fn come(&mut self) {
        let server = self.setup.process(&[]).await;
        self.balancer.has(&server);
        self.servers.push(server);
    }
}

async fn whatever_happens_to_servers_nothing_is_lost_doubled_or_out_of_order(setup: Setup) {
    let seed = setting("SEED", 1);
    let _ = writeln!(std::io::stderr(), "VESTNIK_TEST_SEED={seed}");
    let done = |setup: Setup, balancer: Arc<Balancer>, servers: Vec<ServerProcess>| async move {
        let chance = Chance::new(seed as u64);
        let mut scene = Scene {
            setup,
            balancer,
            servers,
            chance,
        };
        for nemesis in ALL {
            scene.suffer(nemesis).await;
        }
        for _ in 0..setting("NEMESES", 0) {
            let nemesis = *scene.chance.one_of(&ALL);
            scene.suffer(nemesis).await;
        }
        scene.servers
    };
    Box::pin(under_load(&setup, done)).await;
}
