//! People who talk without end over whichever server there is, and who check what they hear: everything, once
//! and in order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::process::ServerProcess;
use crate::support::setup::setting;
use crate::support::tools::say_aloud;
use crate::support::*;

/// Sends each connection on to one of the servers that there are, in turns.
pub(super) struct Balancer {
    address: SocketAddr,
    servers: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Balancer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let servers = Arc::new(Mutex::new(Vec::new()));
        let (all, turn) = (Arc::clone(&servers), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let all: Vec<SocketAddr> = all.lock().expect("no panic").clone();
                let turn = turn.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    for place in 0..all.len() {
                        let server = all[(turn + place) % all.len()];
                        if let Ok(mut server) = TcpStream::connect(server).await {
                            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                            return;
                        }
                    }
                });
            }
        });
        Self { address, servers }
    }

    pub(super) fn has(&self, server: &ServerProcess) {
        self.servers.lock().expect("no panic").push(server.node().address());
    }

    pub(super) fn has_no_more(&self, server: &ServerProcess) {
        let gone = server.node().address();
        self.servers.lock().expect("no panic").retain(|address| *address != gone);
    }
}

/// One who says something, waits until it is acknowledged, and says the next thing; and who hears everything.
struct Talker {
    balancer: SocketAddr,
    user: TestClient,
    chat: i64,
    said: usize,
    position: i64,
    /// What was heard, by `n`.
    heard: BTreeMap<i64, String>,
    /// The `n` of each thing that was acknowledged.
    acked: Vec<i64>,
    returns: usize,
    is_over: watch::Receiver<bool>,
    /// The last `seq`, once nobody says anything more.
    end: watch::Receiver<Option<i64>>,
    is_quiet: bool,
    /// How many have begun, and how many have ended.
    begun: watch::Sender<usize>,
    quiet: watch::Sender<usize>,
}

type Stream = WebSocketStream<TcpStream>;

impl Talker {
    async fn talk(mut self) -> Self {
        loop {
            if let Ok(stream) = self.connect().await {
                self.returns += 1;
                if self.talk_over(stream).await {
                    return self;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn connect(&self) -> Result<Stream, ()> {
        let stream = TcpStream::connect(self.balancer).await.map_err(drop)?;
        let url = format!("ws://{}/ws", self.balancer);
        let mut request = url.into_client_request().expect("a URL");
        let bearer = self.user.bearer().parse().expect("a header");
        request.headers_mut().insert("Authorization", bearer);
        Ok(client_async(request, stream).await.map_err(drop)?.0)
    }

    fn key(&self) -> String {
        format!("{}-{}", self.user.id, self.said)
    }

    fn next(&self) -> Message {
        let send =
            json!({"chat_id": self.chat, "content": self.key(), "client_msg_id": self.key()});
        Message::text(send.to_string())
    }

    /// Until the connection ends (`false`), or all is said and heard.
    async fn talk_over(&mut self, mut stream: Stream) -> bool {
        let open = json!({"type": "open", "chat_id": self.chat, "after": self.position});
        if stream.send(Message::text(open.to_string())).await.is_err() {
            return false;
        }
        if !self.is_quiet && stream.send(self.next()).await.is_err() {
            return false;
        }
        loop {
            if self.end.borrow().is_some_and(|end| self.position >= end) {
                return true;
            }
            let heard = tokio::select! {
                heard = stream.next() => heard,
                _ = self.end.changed() => continue,
            };
            match heard {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    if self.hear(&frame)
                        && !self.is_quiet
                        && stream.send(self.next()).await.is_err()
                    {
                        return false;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Is there something to say (again)?
    fn hear(&mut self, frame: &Value) -> bool {
        if frame["chat_id"] != self.chat {
            return false;
        }
        match frame["type"].as_str().expect("a type") {
            "opened" | "changes" => {
                assert_ne!(frame["reset"], true, "positions mean the same everywhere");
                for change in frame["changes"].as_array().expect("changes") {
                    self.note_change(change);
                }
                self.position = frame["seq"].as_i64().expect("a seq");
                false
            }
            "message" => {
                assert_eq!(frame["seq"], self.position + 1, "no gap, nothing twice: {frame}");
                self.note_change(frame);
                false
            }
            "ack" => {
                assert_eq!(frame["client_msg_id"], self.key());
                self.acked.push(frame["n"].as_i64().expect("a number"));
                self.said += 1;
                if self.said == 1 {
                    self.begun.send_modify(|begun| *begun += 1);
                }
                if *self.is_over.borrow() {
                    self.is_quiet = true;
                    self.quiet.send_modify(|quiet| *quiet += 1);
                }
                true
            }
            // To be said again, as it was.
            "error" => {
                assert_eq!(frame["retry"], true, "{frame}");
                true
            }
            _ => false,
        }
    }

    fn note_change(&mut self, change: &Value) {
        if change["type"] != "message" {
            return;
        }
        let (seq, n) = (change["seq"].as_i64(), change["n"].as_i64().expect("a number"));
        assert!(seq > Some(self.position), "{change}");
        self.position = seq.expect("a seq");
        let content = change["content"].as_str().expect("a content").to_owned();
        assert_eq!(self.heard.insert(n, content), None, "heard twice: {change}");
    }
}

/// People talk while something is done to the servers; everybody has everything, once and in order.
pub(super) async fn under_load<F: Future<Output = Vec<ServerProcess>>>(
    setup: &Setup,
    done: impl FnOnce(Setup, Arc<Balancer>, Vec<ServerProcess>) -> F,
) {
    let balancer = Arc::new(Balancer::start().await);
    let servers = three(setup).await;
    servers.iter().for_each(|server| balancer.has(server));
    let address = balancer.address;
    let after = |servers| done(setup.clone(), balancer, servers);
    people_talk(address, servers, after).await;
}

pub(super) async fn three(setup: &Setup) -> Vec<ServerProcess> {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(setup.process(&[]).await);
    }
    servers
}

/// Four, or as many as are asked for.
async fn people(node: &TestNode) -> Vec<TestClient> {
    let names: Vec<_> =
        (0..setting("TALKERS", 4)).map(|number| format!("talker{number}")).collect();
    join_all(names.iter().map(|name| node.join(name))).await
}

/// The same, where a balancer is at this address.
pub(super) async fn people_talk<F: Future<Output = Vec<ServerProcess>>>(
    balancer: SocketAddr,
    servers: Vec<ServerProcess>,
    done: impl FnOnce(Vec<ServerProcess>) -> F,
) {
    let people = people(servers[0].node()).await;
    let (alice, others) = people.split_first().expect("people");
    let chat = alice.create_group(&others.iter().collect::<Vec<_>>()).await;
    let (over, is_over) = watch::channel(false);
    let (tell_end, end) = watch::channel(None);
    let (begun, quiet) = (watch::Sender::new(0), watch::Sender::new(0));
    let talkers = people.iter().map(|user| Talker {
        balancer,
        user: user.clone(),
        chat,
        said: 0,
        position: 0,
        heard: BTreeMap::new(),
        acked: Vec::new(),
        returns: 0,
        is_over: is_over.clone(),
        end: end.clone(),
        is_quiet: false,
        begun: begun.clone(),
        quiet: quiet.clone(),
    });
    let talking: Vec<_> = talkers.map(|talker| tokio::spawn(talker.talk())).collect();
    let mut all_begun = begun.subscribe();
    within("everybody's first word", all_begun.wait_for(|begun| *begun == people.len()))
        .await
        .expect("somebody talks");
    let servers = done(servers).await;
    over.send_replace(true);
    let mut all_quiet = quiet.subscribe();
    within("everybody's last word", all_quiet.wait_for(|quiet| *quiet == people.len()))
        .await
        .expect("somebody talks");
    let at_last = alice.at(servers[0].node());
    let shown = at_last.get(&format!("/api/chats/{chat}")).await.is(200);
    tell_end.send_replace(shown["seq"].as_i64());
    let talkers = within("everybody's end", join_all(talking)).await;
    let talkers: Vec<_> = talkers.into_iter().map(|talker| talker.expect("a talker")).collect();
    let first = &talkers[0].heard;
    let count = i64::try_from(first.len()).expect("few");
    assert!(first.keys().copied().eq(1..=count), "each number once");
    for talker in &talkers {
        assert_eq!(&talker.heard, first, "everybody has the same");
        let own: Vec<_> = (0..talker.said).map(|i| format!("{}-{i}", talker.user.id)).collect();
        let heard: Vec<_> = talker.acked.iter().map(|n| &first[n]).collect();
        assert_eq!(heard, own.iter().collect::<Vec<_>>(), "once each, in order");
    }
    let came: usize = talkers.iter().map(|talker| talker.returns).sum();
    assert!(came > talkers.len(), "somebody had to come back");
    let said: usize = talkers.iter().map(|talker| talker.said).sum();
    assert_eq!(first.len(), said, "nothing is stored twice");
    say_aloud(&format!(
        "FIGURE: {said} messages, {came} connections, nothing lost, doubled or out of order"
    ));
    join_all(servers.into_iter().map(ServerProcess::kill)).await;
}
