//! The database as the bus: LISTEN and NOTIFY, on two connections of their own. What is published goes in
//! transactions that do nothing else, so that no commit waits for it, and together: one statement is on
//! its way at a time.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::bus::backoff::Backoff;
use crate::bus::queue::EnvelopeQueue;
use crate::bus::{ARRIVALS, Arrival, Bus, Connected};
use crate::domain::limits::TokenBucket;
use crate::store::listen_notify::{Listening, NotifyDatabase, Telling};

/// What an envelope may have: Postgres takes 7,999 bytes of text.
const MOST_BYTES: usize = 5_900;
/// The time between two statements when there is much to say.
const BETWEEN: Duration = Duration::from_millis(5);
/// Statements that may go without a pause after a time with little to say.
const AT_ONCE: f64 = 8.0;
/// How long Postgres may take for one thing.
const WITHIN: Duration = Duration::from_secs(4);
/// After so much silence it is asked whether the connection is there. One hears oneself every second, if
/// there is anybody to talk to.
const SILENCE: Duration = Duration::from_secs(3);

/// The bus of one server; it ends with it.
#[derive(Debug)]
pub(crate) struct PostgresBus {
    queue: Arc<EnvelopeQueue<String>>,
    tasks: [JoinHandle<()>; 2],
}

impl PostgresBus {
    /// Begins to listen, and to publish, at this database. What cannot be reached is tried again for ever.
    pub(crate) fn start(to: NotifyDatabase) -> Connected {
        let (arrive, arrivals) = mpsc::channel(ARRIVALS);
        let queue = Arc::new(EnvelopeQueue::default());
        let tasks = [
            tokio::spawn(publish(to.clone(), Arc::clone(&queue))),
            tokio::spawn(listen(to, arrive)),
        ];
        (Arc::new(Self { queue, tasks }), arrivals)
    }
}

impl Drop for PostgresBus {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Bus for PostgresBus {
    fn publish(&self, sealed: Vec<u8>) {
        self.queue.push(STANDARD_NO_PAD.encode(sealed));
    }

    fn most_bytes(&self) -> usize {
        MOST_BYTES
    }
}

/// What fails is lost: the others see the hole.
async fn publish(to: NotifyDatabase, queue: Arc<EnvelopeQueue<String>>) {
    let mut telling = None;
    let mut backoff = Backoff::default();
    let began = Instant::now();
    let mut bucket = TokenBucket::new(1.0 / BETWEEN.as_secs_f64(), AT_ONCE, Duration::ZERO);
    loop {
        let envelopes = queue.next().await;
        let told = async {
            let mut connected = match telling.take() {
                Some(connected) => connected,
                None => Telling::connect(&to).await?,
            };
            connected.tell(&envelopes).await?;
            Ok(connected)
        };
        match told_within(told).await {
            Ok(connected) => {
                telling = Some(connected);
                backoff.reset();
                bucket.owe(1.0, began.elapsed());
                sleep(bucket.wait(began.elapsed())).await;
            }
            Err(why) => {
                backoff.after(&format!("what is stored here is told to nobody: {why}")).await
            }
        }
    }
}

async fn listen(to: NotifyDatabase, arrive: mpsc::Sender<Arrival>) {
    let mut backoff = Backoff::default();
    loop {
        match begin(&to).await {
            Ok(listening) => {
                if !is_taken(&arrive, Arrival::Joined).await {
                    return;
                }
                backoff.reset();
                let why = hear(listening, &arrive).await;
                if !is_taken(&arrive, Arrival::Lost).await {
                    return;
                }
                backoff
                    .after(&format!("what other servers tell was not heard for a moment: {why}"))
                    .await;
            }
            Err(why) => {
                backoff.after(&format!("what other servers tell is not heard: {why}")).await
            }
        }
    }
}

/// A connection that hears what is told from now on.
async fn begin(to: &NotifyDatabase) -> Result<Listening, String> {
    let mut listening = told_within(async { Listening::connect(to).await }).await?;
    let heard = told_within(async { listening.hear_back(to).await }).await;
    heard.map_err(|why| {
        format!(
            "a notification does not come back ({why}). If a pooler stands in between that lets none through, set \
             VESTNIK_BUS=postgres://… to Postgres itself"
        )
    })?;
    told_within(async { listening.begin().await }).await?;
    Ok(listening)
}

/// Waits for room: the listener must not be the one that stands still, but the engine's thread that takes
/// out of this is never waiting for anything.
async fn is_taken(arrive: &mpsc::Sender<Arrival>, arrival: Arrival) -> bool {
    arrive.send(arrival).await.is_ok()
}

/// Hears until something is wrong, and says what.
async fn hear(mut listening: Listening, arrive: &mpsc::Sender<Arrival>) -> String {
    loop {
        match timeout(SILENCE, listening.next()).await {
            Ok(Ok(text)) => {
                // What is none of ours does not open.
                let envelope = STANDARD_NO_PAD.decode(text).unwrap_or_default();
                if arrive.try_send(Arrival::Envelope(envelope)).is_err() {
                    return "more is told than can be heard".to_owned();
                }
            }
            Ok(Err(why)) => return why.to_string(),
            Err(_) => {
                if let Err(why) = told_within(async { listening.ask().await }).await {
                    return why;
                }
            }
        }
    }
}

async fn told_within<T>(
    done: impl Future<Output = Result<T, crate::store::listen_notify::Broken>>,
) -> Result<T, String> {
    match timeout(WITHIN, done).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the database does not answer".to_owned()),
    }
}
