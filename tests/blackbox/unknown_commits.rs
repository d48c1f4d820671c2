//! A `COMMIT` that is sent and never answered: stored or not, nobody knows. The server finds out
//! before it does anything else, so nobody's message is stored twice, with or without a key.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

on_postgres! {
    a_commit_without_an_answer_is_stored_once,
    a_database_that_goes_away_and_comes_back_loses_nothing,
}

/// Stands between the server and Postgres, and breaks connections in the middle of a `COMMIT`.
#[derive(Debug, Default)]
struct Proxy {
    commits: AtomicUsize,
    cuts: AtomicUsize,
    /// 0: as fate has it below; otherwise every new connection is refused.
    away: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Pass,
    /// Postgres never sees the `COMMIT`.
    CutBefore,
    /// Postgres commits, and its answer is lost.
    CutAfter,
}

impl Proxy {
    async fn start(postgres: SocketAddr) -> (Arc<Self>, SocketAddr) {
        let proxy = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if serving.away.load(Ordering::SeqCst) == 0 {
                    tokio::spawn(serving.clone().pass(client, postgres));
                }
            }
        });
        (proxy, address)
    }

    /// Passes bytes both ways until one side ends or fate cuts in.
    async fn pass(self: Arc<Self>, client: TcpStream, postgres: SocketAddr) -> Option<()> {
        let server = TcpStream::connect(postgres).await.ok()?;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let answers = tokio::spawn(async move {
            let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        });
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = from_client.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            let sent = &buffer[..read];
            if self.away.load(Ordering::SeqCst) != 0 {
                answers.abort();
                return None;
            }
            match self.fate(sent) {
                Fate::Pass => to_server.write_all(sent).await.ok()?,
                Fate::CutBefore => {
                    answers.abort();
                    return None;
                }
                Fate::CutAfter => {
                    answers.abort();
                    to_server.write_all(sent).await.ok()?;
                    // Postgres ends what it was told before it sees that nobody listens.
                    return None;
                }
            }
        }
    }

    /// Every third `COMMIT` is cut, in turn before and after.
    fn fate(&self, sent: &[u8]) -> Fate {
        if !sent.windows(6).any(|word| word == b"COMMIT") {
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

/// The test's Postgres, and the same URL through the proxy.
async fn behind_proxy(stage: &Stage) -> (Arc<Proxy>, String) {
    let url = stage.url();
    let start = url.find('@').map_or_else(|| url.find("//").expect("a URL") + 2, |at| at + 1);
    let end = start + url[start..].find('/').expect("a database");
    let postgres = url[start..end].replace("localhost", "127.0.0.1");
    let (proxy, address) = Proxy::start(postgres.parse().expect("an address")).await;
    (proxy, format!("{}{address}{}", &url[..start], &url[end..]))
}

async fn a_commit_without_an_answer_is_stored_once(stage: Stage) {
    const SENDS: i64 = 60;
    let (proxy, url) = behind_proxy(&stage).await;
    let node = stage.node(&[&format!("--database-url={url}")]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    for i in 0..SENDS {
        let text = format!("message {i}");
        match i % 2 {
            0 => socket.say(&text).await,
            _ => drop(socket.say_keyed(&text, &format!("k{i}")).await),
        }
        // One at a time, so that each has a COMMIT of its own.
        if i % 2 == 0 {
            assert_eq!(socket.next("message").await["content"], *text);
        }
    }
    assert!(proxy.cuts.load(Ordering::SeqCst) >= 10, "commits were cut: {proxy:?}");
    for what in ["COUNT(*)", "COUNT(DISTINCT content)", "MAX(n)"] {
        let sql = format!("SELECT {what} FROM messages WHERE conversation_id = {chat}");
        assert_eq!(stage.number(&sql).await, SENDS, "{what}");
    }
}

async fn a_database_that_goes_away_and_comes_back_loses_nothing(stage: Stage) {
    let (proxy, url) = behind_proxy(&stage).await;
    let node = stage.node(&[&format!("--database-url={url}")]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    socket.say_keyed("before", "k0").await;

    proxy.away.store(1, Ordering::SeqCst);
    socket
        .send(json!({"type": "send", "content": "meanwhile", "client_msg_id": "k1"}))
        .await;
    let refused = socket.next("error").await;
    assert_eq!(refused["retry"], true, "{refused}");
    assert_eq!(refused["client_msg_id"], "k1");
    node.nobody().get("/api/ready").await.refused(503, "unavailable");

    // The socket is the same all along, and so is the key.
    proxy.away.store(0, Ordering::SeqCst);
    eventually("the database to be back", || async {
        (node.nobody().get("/api/ready").await.status == 200).then_some(())
    })
    .await;
    socket.say_keyed("meanwhile", "k1").await;
    let sql = format!("SELECT COUNT(*) FROM messages WHERE conversation_id = {chat}");
    assert_eq!(stage.number(&sql).await, 2);
}
