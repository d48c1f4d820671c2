//! A consumer that follows misses nothing and takes nothing twice: while it runs, after it was away, when it fails,
//! and beside another server that runs it too.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use sea_orm::ConnectionTrait;
use vestnik::actors::following::{Consumer, ConsumerError, ConsumerFuture, Step};
use vestnik::app::Extensions;
use vestnik::domain::Fact;
use vestnik::store::{StoreError, Transaction};

use crate::support::*;

on_both_stores! {
    a_follower_takes_what_happened_before_it_was_there_and_what_happens_then,
    a_follower_that_was_away_goes_on_where_it_was,
    a_step_that_fails_is_given_again_and_holds_up_nobody,
    what_another_process_stores_is_found,
}

on_postgres! {
    two_servers_take_each_change_once,
}

/// Writes down each step in a table of its own, and what was said in memory.
#[derive(Default)]
struct Recorder {
    said: Mutex<Vec<String>>,
    /// Steps that are to fail: before the transaction, in it, and by a panic.
    failures: AtomicUsize,
}

impl Recorder {
    fn failing(failures: usize) -> Arc<Self> {
        Arc::new(Self {
            failures: AtomicUsize::new(failures),
            ..Self::default()
        })
    }

    /// Three kinds of failures, one after the other.
    fn fails(&self, kind: usize) -> bool {
        let fails = |left: usize| (left > 0 && left % 3 == kind).then(|| left - 1);
        self.failures.fetch_update(Ordering::AcqRel, Ordering::Acquire, fails).is_ok()
    }
}

impl Consumer for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn prepare<'a>(&'a self, step: &'a Step) -> ConsumerFuture<'a> {
        async move {
            if self.fails(0) {
                return Err(ConsumerError::Other("on purpose".to_owned()));
            }
            let said = step.changes.events.iter().filter_map(|event| match &event.fact {
                Fact::Posted(message) => Some(message.text.as_ref()?.as_str().to_owned()),
                _ => None,
            });
            self.said.lock().unwrap().extend(said);
            Ok(())
        }
        .boxed()
    }

    fn write<'a>(&'a self, step: &'a Step, transaction: &'a Transaction) -> ConsumerFuture<'a> {
        async move {
            let (chat, after, seq) = (step.conversation, step.after, step.changes.seq);
            let sql = format!("INSERT INTO recorded VALUES ({chat}, {after}, {seq})");
            transaction.execute_unprepared(&sql).await.map_err(StoreError::from)?;
            if self.fails(1) {
                return Err(ConsumerError::Other("on purpose".to_owned()));
            }
            if self.fails(2) {
                resume_unwind(Box::new("on purpose"));
            }
            Ok(())
        }
        .boxed()
    }
}

async fn follow(setup: &Setup, recorder: &Arc<Recorder>) -> TestNode {
    let extensions = Extensions {
        consumers: vec![recorder.clone()],
        ..Extensions::default()
    };
    setup.extended_node(&[], extensions).await
}

/// On a store that is there, and that no server has open.
async fn make_table(setup: &Setup) {
    setup.node(&[]).await;
    setup.stop().await;
    setup
        .execute("CREATE TABLE recorded (chat bigint, after_seq bigint, seq bigint)")
        .await;
}

/// Waits until everything is taken, and sees that each change of each chat was taken once.
async fn everything_is_taken(setup: &Setup) {
    let behind = "SELECT count(*) FROM conversations c WHERE head_seq > COALESCE((SELECT max(seq) FROM recorded \
                  WHERE chat = c.id), 0)";
    let none_is = || async { (setup.number(behind).await == 0).then_some(()) };
    eventually("everything to be taken", none_is).await;
    // Steps join up, and none has a change of another: their lengths are that of the whole.
    let (each, whole) = (
        "SELECT CAST(COALESCE(sum(seq - after_seq), 0) AS bigint) FROM recorded",
        "SELECT CAST(COALESCE(sum(last), 0) AS bigint) FROM (SELECT max(seq) AS last FROM recorded GROUP BY chat) x",
    );
    let gaps = "SELECT count(*) FROM recorded r WHERE after_seq > 0 AND NOT EXISTS \
                (SELECT 1 FROM recorded b WHERE b.chat = r.chat AND b.seq = r.after_seq)";
    assert_eq!(setup.number(gaps).await, 0);
    assert_eq!(setup.number(each).await, setup.number(whole).await);
}

async fn a_follower_takes_what_happened_before_it_was_there_and_what_happens_then(setup: Setup) {
    make_table(&setup).await;
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..250 {
        alice.say(chat, &format!("old {i}"), &format!("o{i}")).await.is(201);
    }
    setup.stop().await;

    let recorder = Arc::new(Recorder::default());
    let node = follow(&setup, &recorder).await;
    everything_is_taken(&setup).await;
    let alice = node.sign_in("alice", "secret").await;
    for i in 0..20 {
        alice.say(chat, &format!("new {i}"), &format!("n{i}")).await.is(201);
    }
    everything_is_taken(&setup).await;
    let said = recorder.said.lock().unwrap().clone();
    let (old, new) = (0..250, 0..20);
    let expected = old.map(|i| format!("old {i}")).chain(new.map(|i| format!("new {i}")));
    assert!(said.iter().cloned().eq(expected), "{said:?}");
    let metrics = alice.get("/metrics").await.text;
    assert!(metrics.contains("vestnik_follower_behind{follower=\"recorder\"}"), "{metrics}");
}

async fn a_follower_that_was_away_goes_on_where_it_was(setup: Setup) {
    let recorder = Arc::new(Recorder::default());
    make_table(&setup).await;
    let node = follow(&setup, &recorder).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    alice.say(chat, "one", "k1").await.is(201);
    everything_is_taken(&setup).await;
    setup.stop().await;
    let node = setup.node(&[]).await;
    let alice = node.sign_in("alice", "secret").await;
    alice.say(chat, "two", "k2").await.is(201);
    setup.stop().await;
    follow(&setup, &recorder).await;
    everything_is_taken(&setup).await;
    assert_eq!(*recorder.said.lock().unwrap(), ["one", "two"]);
}

async fn a_step_that_fails_is_given_again_and_holds_up_nobody(setup: Setup) {
    let recorder = Recorder::failing(7);
    make_table(&setup).await;
    let node = follow(&setup, &recorder).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..5 {
        alice.say(chat, &format!("message {i}"), &format!("k{i}")).await.is(201);
    }
    everything_is_taken(&setup).await;
    assert_eq!(recorder.failures.load(Ordering::Acquire), 0, "all of them happened");
    let mut said = recorder.said.lock().unwrap().clone();
    said.dedup();
    assert!((0..5).all(|i| said.contains(&format!("message {i}"))), "{said:?}");
    let metrics = alice.get("/metrics").await.text;
    assert!(
        metrics.contains("vestnik_follower_failures_total{follower=\"recorder\"} 7"),
        "{metrics}"
    );
}

async fn what_another_process_stores_is_found(setup: Setup) {
    let recorder = Arc::new(Recorder::default());
    make_table(&setup).await;
    follow(&setup, &recorder).await;
    setup
        .user_done(&["create", "carol", "carol@example.com"], "a good secret")
        .await;
    everything_is_taken(&setup).await;
}

async fn two_servers_take_each_change_once(setup: Setup) {
    make_table(&setup).await;
    let recorders = [(); 2].map(|()| Arc::new(Recorder::default()));
    let here = follow(&setup, &recorders[0]).await;
    let there = follow(&setup, &recorders[1]).await;
    let alice = here.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let also_alice = there.sign_in("alice", "secret").await;
    for i in 0..40 {
        let (here, there) = (format!("h{i}"), format!("t{i}"));
        let (one, two) =
            tokio::join!(alice.say(chat, "here", &here), also_alice.say(chat, "there", &there));
        one.is(201);
        two.is(201);
    }
    everything_is_taken(&setup).await;
    let all = recorders
        .iter()
        .map(|recorder| recorder.said.lock().unwrap().len())
        .sum::<usize>();
    assert!(all >= 80, "{all}");
}
