//! Three servers beside one: what a delivery costs, how much one hot chat takes, what a server that is alone pays
//! for the others that might come, and how soon everybody is back whose server died. The figures are printed, and
//! only facts are asserted. It takes minutes, so it runs when it is asked to:
//!
//! ```sh
//! VESTNIK_TEST_COMPARED=10 VESTNIK_TEST_SERVER=target/release/vestnik \
//!     cargo test --test blackbox servers_compared
//! ```

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tokio::task::JoinHandle;

use crate::support::many_members::{CHAT, client, fill};
use crate::support::process::ServerProcess;
use crate::support::raw_frames::allow_many_files;
use crate::support::seeded_random::Chance;
use crate::support::setup::setting;
use crate::support::tools::say_aloud;
use crate::support::*;

on_postgres! {
    three_servers_compared_with_one,
    everybody_is_back_whose_server_died,
}

const MEMBERS: i64 = 300;
const EACH: Duration = Duration::from_millis(20);
const ROUNDS: usize = 3;
const FLAGS: [&str; 3] = ["--send-rate=0", "--user-sessions=0", "--db-connections=12"];

/// How many seconds each measurement takes; none if nobody asked for one.
fn seconds() -> Option<Duration> {
    let asked = setting("COMPARED", 0) as u64;
    (asked > 0).then(|| Duration::from_secs(asked))
}

/// The processor time that these have had.
fn cpu(servers: &[ServerProcess]) -> Duration {
    servers.iter().map(ServerProcess::cpu).sum()
}

async fn started(setup: &Setup, count: usize, flags: &[&str]) -> Vec<ServerProcess> {
    let flags: Vec<_> = FLAGS.iter().chain(flags).copied().collect();
    join_all((0..count).map(|_| setup.process(&flags))).await
}

/// In order, so that none is taken for one that lives when others begin.
async fn end(servers: Vec<ServerProcess>) {
    servers.iter().for_each(ServerProcess::terminate);
    join_all(servers.into_iter().map(ServerProcess::ended)).await;
}

/// A socket of each member in the chat, at one server after the other.
async fn sockets(servers: &[ServerProcess], members: i64) -> Vec<TestSocket> {
    let opened = (1..=members).map(|id| {
        let server = &servers[id as usize % servers.len()];
        async move { client(server.node(), id).socket(CHAT).await }
    });
    stream::iter(opened).buffered(32).collect().await
}

/// How many messages it hears up to the last one, in order and each once.
fn count(mut socket: TestSocket) -> JoinHandle<i64> {
    tokio::spawn(async move {
        let (mut heard, mut n) = (0, Value::Null);
        loop {
            match socket.hear().await {
                Heard::Frame(frame) if frame["type"] == "message" => {
                    let next = frame["n"].as_i64().expect("a number");
                    assert!(n.is_null() || n == next - 1, "{next} came behind {n}");
                    (heard, n) = (heard + 1, json!(next));
                    if frame["content"] == "the last" {
                        return heard;
                    }
                }
                Heard::Closed(_) => panic!("it was closed"),
                _ => {}
            }
        }
    })
}

/// Microseconds of processor time for each delivery, when one speaks at a steady pace.
async fn cost(setup: &Setup, servers: usize, flags: &[&str], time: Duration) -> f64 {
    let servers = started(setup, servers, flags).await;
    let mut sockets = sockets(&servers, MEMBERS).await;
    let mut speaker = sockets.remove(0);
    let pid = servers[0].pid();
    let counting: Vec<_> = sockets.into_iter().map(count).collect();
    let (began, before) = (Instant::now(), cpu(&servers));
    let mut said = 0;
    let mut pace = tokio::time::interval(EACH);
    while began.elapsed() < time {
        pace.tick().await;
        said += 1;
        speaker.say_keyed("x", &format!("{pid}-{said}")).await;
    }
    speaker.say_keyed("the last", &format!("{pid}-last")).await;
    let heard = join_all(counting).await.into_iter().map(|heard| heard.expect("a reader"));
    let heard: i64 = heard.sum();
    let spent = cpu(&servers) - before;
    end(servers).await;
    spent.as_secs_f64() * 1e6 / heard as f64
}

/// Acknowledged messages a second in one chat, in which everybody has so many on their way. Nobody has it open:
/// what is compared is storing.
async fn hot(setup: &Setup, servers: usize, time: Duration) -> f64 {
    const SPEAKERS: i64 = 48;
    const ON_THEIR_WAY: usize = 16;
    let servers = started(setup, servers, &[]).await;
    let opened = (1..=SPEAKERS).map(|id| {
        let server = &servers[id as usize % servers.len()];
        async move { client(server.node(), id).any_socket().await }
    });
    let sockets = join_all(opened).await;
    let over = Instant::now() + time;
    let pid = servers[0].pid();
    let speaking = sockets.into_iter().enumerate().map(|(who, mut socket)| {
        tokio::spawn(async move {
            let (mut said, mut acked) = (0, 0);
            while Instant::now() < over {
                while said < acked + ON_THEIR_WAY {
                    let key = format!("hot-{pid}-{who}-{said}");
                    let send = json!({"chat_id": CHAT, "content": "x", "client_msg_id": key});
                    socket.send(send).await;
                    said += 1;
                }
                socket.next("ack").await;
                acked += 1;
            }
            acked
        })
    });
    let acked = join_all(speaking).await.into_iter().map(|acked| acked.expect("a speaker"));
    let acked: usize = acked.sum();
    end(servers).await;
    acked as f64 / time.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn three_servers_compared_with_one(setup: Setup) {
    let Some(time) = seconds() else {
        return;
    };
    fill(&setup, MEMBERS, MEMBERS).await;
    let (mut costs, mut hots) = ([Vec::new(), Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        costs[0].push(cost(&setup, 1, &["--bus=none"], time).await);
        costs[1].push(cost(&setup, 1, &[], time).await);
        costs[2].push(cost(&setup, 3, &[], time).await);
        hots[0].push(hot(&setup, 1, time).await);
        hots[1].push(hot(&setup, 3, time).await);
    }
    let [bare, one, three] = costs.map(median);
    let [hot_one, hot_three] = hots.map(median);
    let text = format!(
        "FIGURE: a delivery takes {bare:.1} µs without a bus, {one:.1} µs with one ({:.2} times), {three:.1} µs over three \
         servers ({:.2} times); one hot chat takes {hot_one:.0} messages a second at one server, {hot_three:.0} at \
         three ({:.2} times)",
        one / bare,
        three / one,
        hot_three / hot_one
    );
    say_aloud(&text);
}

/// Somebody who listens to the chat, and comes back at another server when theirs dies.
struct Listener {
    elsewhere: TestClient,
    chance: Chance,
    epoch: Value,
    seq: i64,
    n: i64,
}

impl Listener {
    fn new(elsewhere: TestClient) -> Self {
        let chance = Chance::new(elsewhere.id as u64);
        Self {
            elsewhere,
            chance,
            epoch: Value::Null,
            seq: 0,
            n: 0,
        }
    }

    /// Opens the chat from where they are.
    async fn open(&mut self, socket: &mut TestSocket) {
        let open = match self.epoch {
            Value::Null => json!({"type": "open", "chat_id": CHAT}),
            _ => json!({"type": "open", "chat_id": CHAT, "after": self.seq, "epoch": self.epoch}),
        };
        socket.send(open).await;
    }

    /// Listens up to message `last`; when they were back, and when they had the last one.
    async fn listen(mut self, mut socket: TestSocket, last: i64) -> (Instant, Instant) {
        let mut back = None;
        self.open(&mut socket).await;
        while self.n < last {
            match socket.hear_text().await {
                // Who is there, of thousands.
                Some(text) if text.contains("\"type\":\"presence\"") => {}
                Some(text) => self.hear(&serde_json::from_str(&text).expect("a frame")),
                None => {
                    socket = self.come_back().await;
                    back = Some(Instant::now());
                    self.open(&mut socket).await;
                }
            }
        }
        (back.expect("their server died"), Instant::now())
    }

    fn hear(&mut self, frame: &Value) {
        match frame["type"].as_str() {
            Some("ready") => self.epoch = frame["epoch"].clone(),
            Some("opened") if frame["chat_id"] == CHAT => {
                let changes = frame["changes"].as_array().expect("changes");
                changes.iter().for_each(|change| self.change(change));
                self.seq = frame["seq"].as_i64().expect("a number");
            }
            Some("message") if frame["chat_id"] == CHAT => self.change(frame),
            _ => {}
        }
    }

    fn change(&mut self, change: &Value) {
        self.seq = change["seq"].as_i64().expect("a number");
        if change["type"] == "message" {
            assert_eq!(change["n"], self.n + 1, "in order, and each once: {change}");
            self.n += 1;
        }
    }

    /// With full jitter, as the page does it.
    async fn come_back(&mut self) -> TestSocket {
        for attempt in 0.. {
            let bound = (500 << attempt.min(6)).min(30_000);
            tokio::time::sleep(Duration::from_millis(self.chance.below(bound) as u64)).await;
            let bearer = self.elsewhere.bearer();
            let headers = [("Authorization", bearer.as_str())];
            if let Ok(socket) = self.elsewhere.node().try_socket("/ws", &headers).await {
                return socket;
            }
        }
        unreachable!("it goes on for ever")
    }
}

async fn everybody_is_back_whose_server_died(setup: Setup) {
    const MESSAGES: i64 = 100;
    if seconds().is_none() {
        return;
    }
    allow_many_files();
    let people = setting("COMPARED_SOCKETS", 5_000) as i64;
    fill(&setup, people + 1, people + 1).await;
    let mut servers = started(&setup, 3, &[]).await;
    let dying = servers.remove(0);
    let opened = (2..=people + 1).map(|id| {
        let dying = dying.node();
        let elsewhere = client(servers[id as usize % 2].node(), id);
        async move { (client(dying, id).any_socket().await, elsewhere) }
    });
    // Each is read from the beginning: who does not read is closed.
    let listening = stream::iter(opened)
        .buffer_unordered(32)
        .map(|(socket, elsewhere)| tokio::spawn(Listener::new(elsewhere).listen(socket, MESSAGES)));
    let listening: Vec<_> = listening.collect().await;
    let mut speaker = client(servers[0].node(), 1).socket(CHAT).await;
    for n in 1..=MESSAGES / 2 {
        speaker.say_keyed("before", &format!("k{n}")).await;
    }
    dying.kill().await;
    let died = Instant::now();
    for n in MESSAGES / 2 + 1..=MESSAGES {
        speaker.say_keyed("meanwhile", &format!("k{n}")).await;
    }
    let ended = join_all(listening).await.into_iter().map(|ended| ended.expect("a listener"));
    let (back, caught_up): (Vec<_>, Vec<_>) = ended
        .map(|(back, end)| ((back - died).as_secs_f64(), (end - died).as_secs_f64()))
        .unzip();
    let most = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    say_aloud(&format!(
        "FIGURE: {people} sockets of a server that was killed are back at two others after {:.1} s (the median) and {:.1} s \
         (the last), and have each of {MESSAGES} messages once after {:.1} s",
        median(back.clone()),
        most(&back),
        most(&caught_up)
    ));
}
