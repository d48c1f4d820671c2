//! A NATS of a test's own, behind a proxy that cuts it off, and what strangers say to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::faulty_proxy::FaultyProxy;
use super::reverse_proxy::free_address;
use super::{eventually, within};

/// A running one; killed when it is dropped.
pub(crate) struct Nats {
    program: PathBuf,
    address: SocketAddr,
    child: Mutex<Option<Child>>,
    pub(crate) proxy: Arc<FaultyProxy>,
    through: SocketAddr,
}

impl Nats {
    pub(crate) async fn start(program: &Path) -> Self {
        let address = free_address();
        let (proxy, through) = FaultyProxy::start(address).await;
        let nats = Self {
            program: program.to_owned(),
            address,
            child: Mutex::default(),
            proxy,
            through,
        };
        nats.run().await;
        nats
    }

    /// Where servers find it.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.through)
    }

    /// The port at which servers find it.
    pub(crate) fn port(&self) -> u16 {
        self.through.port()
    }

    /// Starts it (again), and waits until it answers.
    pub(crate) async fn run(&self) {
        self.run_with(&[]).await;
    }

    /// The same with these words behind.
    pub(crate) async fn run_with(&self, arguments: &[&str]) {
        let port = self.address.port().to_string();
        let mut command = Command::new(&self.program);
        command
            .args(["--addr", "127.0.0.1", "--port", &port])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().expect("nats-server starts");
        *self.child.lock().expect("no panic") = Some(child);
        eventually("nats-server", || async { TcpStream::connect(self.address).await.ok() }).await;
    }

    /// `kill -9`.
    pub(crate) async fn kill(&self) {
        let child = self.child.lock().expect("no panic").take();
        child.expect("it runs").kill().await.expect("a child that can be killed");
    }

    /// Cuts all connections of servers.
    pub(crate) fn cut(&self) {
        self.proxy.cut();
    }

    /// Connections stay, and nothing comes through.
    pub(crate) fn stall(&self) {
        self.proxy.stalled.store(true, Ordering::SeqCst);
    }

    /// Whoever comes from now on is served.
    pub(crate) fn flow(&self) {
        self.proxy.stalled.store(false, Ordering::SeqCst);
    }

    /// How many connections have been tried.
    pub(crate) fn attempts(&self) -> usize {
        self.proxy.came.load(Ordering::SeqCst)
    }

    /// Nobody is let in.
    pub(crate) fn is_away(&self, is_away: bool) {
        self.proxy.away.store(is_away, Ordering::SeqCst);
        self.proxy.cut();
    }

    /// Somebody who has no key says this where servers talk.
    pub(crate) async fn say_as_a_stranger(&self, texts: &[&str]) {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read);
        let hello = "CONNECT {\"verbose\":false}\r\nSUB vestnik.*.all 1\r\n";
        write.write_all(hello.as_bytes()).await.expect("a connection");
        let subject = within("somebody who says something", async {
            loop {
                let mut line = String::new();
                lines.read_line(&mut line).await.expect("text");
                if let Some(said) = line.strip_prefix("MSG ") {
                    let mut words = said.split(' ');
                    let subject = words.next().expect("a subject").to_owned();
                    let bytes = words.next_back().and_then(|bytes| bytes.trim().parse().ok());
                    let mut payload = vec![0; bytes.expect("a number")];
                    lines.read_exact(&mut payload).await.expect("a payload");
                    assert!(!contains(&payload, "pulse"), "it cannot be read");
                    return subject;
                }
            }
        });
        let subject = subject.await;
        for text in texts {
            let said = format!("PUB {subject} {}\r\n{text}\r\n", text.len());
            write.write_all(said.as_bytes()).await.expect("a connection");
        }
        write.write_all(b"PING\r\n").await.expect("a connection");
        let mut line = String::new();
        while !line.starts_with("PONG") {
            line.clear();
            assert_ne!(lines.read_line(&mut line).await.unwrap_or(1), 0, "it has taken all");
        }
    }
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}
