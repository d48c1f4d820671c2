//! A way to Postgres that goes wrong: connections break in the middle of a `COMMIT` or before an
//! answer, nobody is let in, or nothing comes through any more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::setup::Setup;

/// Stands between a server and Postgres.
#[derive(Debug, Default)]
pub(crate) struct FaultyProxy {
    commits: AtomicUsize,
    /// Connections that were asked for.
    pub(crate) came: AtomicUsize,
    /// Connections that were cut in the middle of a `COMMIT`.
    pub(crate) cuts: AtomicUsize,
    /// Every new connection is refused, and the old ones end.
    pub(crate) away: AtomicBool,
    /// Connections stay, and nothing passes.
    pub(crate) stalled: AtomicBool,
    /// A connection whose next answer has this in it ends instead, once.
    pub(crate) lost_answer: Mutex<Option<&'static str>>,
    severed: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Pass,
    /// Postgres never sees the `COMMIT`.
    CutBefore,
    /// Postgres commits, and its answer is lost.
    CutAfter,
}

impl FaultyProxy {
    /// One before this setup's Postgres, and the URL that goes through it.
    pub(crate) async fn before(setup: &Setup) -> (Arc<Self>, String) {
        let url = setup.url();
        let start = url.find('@').map_or_else(|| url.find("//").expect("a URL") + 2, |at| at + 1);
        let end = start + url[start..].find('/').expect("a database");
        let postgres = url[start..end].replace("localhost", "127.0.0.1");
        let (proxy, address) = Self::start(postgres.parse().expect("an address")).await;
        (proxy, format!("{}{address}{}", &url[..start], &url[end..]))
    }

    /// One before what is at this address.
    pub(crate) async fn start(postgres: SocketAddr) -> (Arc<Self>, SocketAddr) {
        let proxy = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                serving.came.fetch_add(1, Ordering::SeqCst);
                if !serving.away.load(Ordering::SeqCst) {
                    let passing = serving.clone();
                    tokio::spawn(async move {
                        tokio::select! {
                            _ = passing.clone().pass(client, postgres) => {}
                            () = passing.severed.notified() => {}
                        }
                    });
                }
            }
        });
        (proxy, address)
    }

    /// Ends all connections that there are.
    pub(crate) fn cut(&self) {
        self.severed.notify_waiters();
    }

    /// Passes bytes both ways until one side ends or fate cuts in.
    async fn pass(self: Arc<Self>, client: TcpStream, postgres: SocketAddr) -> Option<()> {
        let server = TcpStream::connect(postgres).await.ok()?;
        let (mut from_client, to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        let mut answers = JoinSet::new();
        answers.spawn(self.clone().answer(from_server, to_client));
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = from_client.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            let sent = &buffer[..read];
            if self.away.load(Ordering::SeqCst) {
                answers.abort_all();
                return None;
            }
            if self.stalled.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            match self.fate(sent) {
                Fate::Pass => to_server.write_all(sent).await.ok()?,
                Fate::CutBefore => {
                    answers.abort_all();
                    return None;
                }
                Fate::CutAfter => {
                    answers.abort_all();
                    to_server.write_all(sent).await.ok()?;
                    // Postgres ends what it was told before it sees that nobody listens.
                    return None;
                }
            }
        }
    }

    async fn answer(
        self: Arc<Self>,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) -> Option<()> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = from.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            let said = &buffer[..read];
            let is_lost = self
                .lost_answer
                .lock()
                .expect("no panic while held")
                .take_if(|lost| contains(said, lost))
                .is_some();
            if is_lost {
                return None;
            }
            to.write_all(said).await.ok()?;
        }
    }

    /// Every third `COMMIT` is cut, in turn before and after.
    fn fate(&self, sent: &[u8]) -> Fate {
        if !contains(sent, "COMMIT") {
            return Fate::Pass;
        }
        let commit = self.commits.fetch_add(1, Ordering::SeqCst);
        if commit < 10 || !commit.is_multiple_of(3) {
            // The first few are the schema's and the accounts'.
            return Fate::Pass;
        }
        match self.cuts.fetch_add(1, Ordering::SeqCst) % 2 {
            0 => Fate::CutAfter,
            _ => Fate::CutBefore,
        }
    }
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}
