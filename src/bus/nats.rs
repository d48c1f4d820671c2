//! NATS as the bus: for many servers, or much to say. Everybody publishes to one subject and listens to it.
//!
//! A connection is used as long as nothing is wrong with it, and then given up for another one: what the client
//! could mend by itself would leave it open what was missed meanwhile. Every few seconds this server says something
//! to itself, on a subject of its own; when it does not come back, the connection is as good as gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use url::Url;

use crate::bus::backoff::Backoff;
use crate::bus::envelope::Secret;
use crate::bus::queue::EnvelopeQueue;
use crate::bus::{ARRIVALS, Arrival, Bus, Connected};

/// What an envelope may have, in bytes.
const MOST_BYTES: usize = 32 << 10;
/// How long NATS may take for one thing.
const WITHIN: Duration = Duration::from_secs(4);
/// How often this server says something to itself.
const ECHO: Duration = Duration::from_secs(2);
/// How often the client asks whether its connection is there; after three times in vain it lets go of it.
const PING: Duration = Duration::from_secs(5);
/// Envelopes that the client may have at once and has not sent.
const SENDING: usize = 256;

/// Which NATS, and as whom.
#[derive(Clone)]
pub(crate) struct NatsAddress {
    servers: Vec<ServerAddr>,
    user: Option<(String, Option<String>)>,
    creds: Option<PathBuf>,
}

/// Without what is secret.
impl std::fmt::Debug for NatsAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let servers = self.servers.iter().map(|server| (server.host(), server.port()));
        f.debug_list().entries(servers).finish()
    }
}

impl NatsAddress {
    /// The servers at these URLs, with these credentials. An error says which of them cannot be used.
    pub(crate) fn new(urls: &[Url], creds: Option<PathBuf>) -> Result<Self, String> {
        let servers = urls.iter().map(|url| {
            // The name and the password are given apart.
            let mut url = url.clone();
            let cleared = url.set_username("").and_then(|()| url.set_password(None));
            cleared.map_err(|()| "its URL cannot be read".to_owned())?;
            ServerAddr::from_url(url).map_err(|error| error.to_string())
        });
        let servers = servers.collect::<Result<_, _>>()?;
        let named = urls.iter().find(|url| !url.username().is_empty());
        let user = named.map(|url| (decoded(url.username()), url.password().map(decoded)));
        Ok(Self {
            servers,
            user,
            creds,
        })
    }

    /// Reads the credentials; they are read anew for each connection.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.options().map(drop)
    }

    fn options(&self) -> Result<ConnectOptions, String> {
        let options = match &self.creds {
            None => ConnectOptions::new(),
            Some(file) => {
                let creds = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
                ConnectOptions::with_credentials(&creds).map_err(|error| error.to_string())?
            }
        };
        let options = match self.user.clone() {
            None => options,
            Some((token, None)) => options.token(token),
            Some((user, Some(password))) => options.user_and_password(user, password),
        };
        Ok(options
            .name("vestnik")
            .ignore_discovered_servers()
            // Each of them once.
            .max_reconnects(self.servers.len())
            .connection_timeout(WITHIN)
            .ping_interval(PING)
            .client_capacity(SENDING)
            .subscription_capacity(ARRIVALS))
    }
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// The bus of one server; it ends with it.
#[derive(Debug)]
pub(crate) struct NatsBus {
    queue: Arc<EnvelopeQueue<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl NatsBus {
    /// Begins to listen, and to publish, on the subject of the database with this secret. What cannot be reached is
    /// tried again for ever. `name` is this server's own.
    pub(crate) fn start(to: NatsAddress, secret: &Secret, name: &str) -> Connected {
        let (arrive, arrivals) = mpsc::channel(ARRIVALS);
        let queue = Arc::new(EnvelopeQueue::default());
        let database = secret.public_name();
        let subjects = Subjects {
            all: format!("vestnik.{database}.all"),
            own: format!("vestnik.{database}.one.{name}"),
        };
        let task = tokio::spawn(run(to, subjects, Arc::clone(&queue), arrive));
        (Arc::new(Self { queue, task }), arrivals)
    }
}

impl Drop for NatsBus {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bus for NatsBus {
    fn publish(&self, sealed: Vec<u8>) {
        self.queue.push(sealed);
    }

    fn most_bytes(&self) -> usize {
        MOST_BYTES
    }
}

#[derive(Debug)]
struct Subjects {
    all: String,
    /// Where nobody else says anything.
    own: String,
}

async fn run(
    to: NatsAddress,
    subjects: Subjects,
    queue: Arc<EnvelopeQueue<Vec<u8>>>,
    arrive: mpsc::Sender<Arrival>,
) {
    let mut backoff = Backoff::default();
    loop {
        let why = match Box::pin(Connection::open(&to, &subjects)).await {
            Ok(connection) => {
                if arrive.send(Arrival::Joined).await.is_err() {
                    return;
                }
                if backoff.reset() > 0 {
                    log::info!("NATS is back");
                }
                let why = Box::pin(connection.serve(&subjects, &queue, &arrive)).await;
                if arrive.send(Arrival::Lost).await.is_err() {
                    return;
                }
                format!("what other servers tell is not heard, since NATS is lost: {why}")
            }
            Err(why) => {
                format!("what other servers tell is not heard, since NATS is not there: {why}")
            }
        };
        let meanwhile =
            "until it is back, what they store is looked for in the database every second";
        backoff.after(&format!("{why}; {meanwhile}")).await;
    }
}

/// One connection, from when everything is heard.
struct Connection {
    client: Client,
    heard: Subscriber,
    echoes: Subscriber,
    doubts: mpsc::Receiver<String>,
}

impl Connection {
    async fn open(to: &NatsAddress, subjects: &Subjects) -> Result<Self, String> {
        let opened = timeout(WITHIN, Box::pin(Self::open_now(to, subjects))).await;
        opened.unwrap_or_else(|_| Err("it does not answer".to_owned()))
    }

    async fn open_now(to: &NatsAddress, subjects: &Subjects) -> Result<Self, String> {
        let (doubt, doubts) = mpsc::channel(1);
        let options = to.options()?.event_callback(move |event| {
            if is_doubt(&event) {
                // One is enough.
                let _ = doubt.try_send(event.to_string());
            }
            std::future::ready(())
        });
        let client = options.connect(&to.servers[..]).await.map_err(|error| error.to_string())?;
        let most = client.server_info().max_payload;
        if most < MOST_BYTES {
            return Err(format!("its max_payload is {most}, and {MOST_BYTES} are needed"));
        }
        let subscribe = async |subject: &str| {
            client.subscribe(subject.to_owned()).await.map_err(|error| error.to_string())
        };
        let heard = subscribe(&subjects.all).await?;
        let mut echoes = subscribe(&subjects.own).await?;
        // What comes back to us on this connection comes after both were subscribed to.
        say_to_oneself(&client, subjects).await?;
        echoes.next().await.ok_or("the connection has ended")?;
        Ok(Self {
            client,
            heard,
            echoes,
            doubts,
        })
    }

    /// Until something is wrong; says what.
    async fn serve(
        mut self,
        subjects: &Subjects,
        queue: &EnvelopeQueue<Vec<u8>>,
        arrive: &mpsc::Sender<Arrival>,
    ) -> String {
        let why = tokio::select! {
            why = publish(&self.client, subjects, queue) => why,
            why = hear(&mut self.heard, arrive) => why,
            why = hear_oneself(&mut self.echoes) => why,
            why = self.doubts.recv() => why.unwrap_or_default(),
        };
        // What is known of the reason comes a moment later than that there is one.
        match self.doubts.try_recv() {
            Ok(doubt) => doubt,
            Err(_) => why,
        }
    }
}

/// May something be missed from now on?
fn is_doubt(event: &Event) -> bool {
    match event {
        Event::Connected | Event::ClientError(_) | Event::Draining => false,
        Event::Disconnected
        | Event::LameDuckMode
        | Event::Closed
        | Event::SlowConsumer(_)
        | Event::ServerError(_) => true,
    }
}

async fn say_to_oneself(client: &Client, subjects: &Subjects) -> Result<(), String> {
    let said = client.publish(subjects.own.clone(), Bytes::new()).await;
    said.map_err(|error| error.to_string())
}

async fn publish(client: &Client, subjects: &Subjects, queue: &EnvelopeQueue<Vec<u8>>) -> String {
    let mut echo = interval(ECHO);
    echo.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            envelopes = queue.next() => for envelope in envelopes {
                let said = client.publish(subjects.all.clone(), envelope.into()).await;
                if let Err(error) = said {
                    return error.to_string();
                }
            },
            _ = echo.tick() => if let Err(why) = say_to_oneself(client, subjects).await {
                return why;
            },
        }
    }
}

async fn hear(heard: &mut Subscriber, arrive: &mpsc::Sender<Arrival>) -> String {
    while let Some(message) = heard.next().await {
        // What is none of ours does not open, however much it is.
        let is_ours = message.payload.len() <= MOST_BYTES;
        let envelope = if is_ours {
            message.payload.to_vec()
        } else {
            Vec::new()
        };
        if arrive.try_send(Arrival::Envelope(envelope)).is_err() {
            return "more is told than can be heard".to_owned();
        }
    }
    "the connection has ended".to_owned()
}

async fn hear_oneself(echoes: &mut Subscriber) -> String {
    let mut heard_at = Instant::now();
    loop {
        match tokio::time::timeout_at(heard_at + ECHO + WITHIN, echoes.next()).await {
            Ok(Some(_)) => heard_at = Instant::now(),
            Ok(None) => return "the connection has ended".to_owned(),
            Err(_) => return "it does not answer".to_owned(),
        }
    }
}
