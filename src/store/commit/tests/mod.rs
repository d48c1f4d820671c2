//! The writer's transaction on a SQLite file.

mod live_and_rest;

use sea_orm::ConnectionTrait;

use super::*;
use crate::config::Database;
use crate::domain::change::Post;
use crate::domain::{Authority, ChatName, ClientMsgId, Kind, Right};
use crate::domain::{Email, NewAccount, NewText, UserId, Username};
use crate::store::conversations::Founding;
use crate::store::{connect, conversations, migrate};

async fn store(folder: &tempfile::TempDir) -> Store {
    let path = folder.path().join("v.db");
    let config = Database {
        database_url: Some(format!("sqlite://{}", path.display())),
        ..Database::default()
    };
    let store = connect::open(&config).await.unwrap();
    migrate::up(&store, None).await.unwrap();
    let account = Change::Register(NewAccount {
        username: Username::parse("anna").unwrap(),
        email: Email::parse("a@b").unwrap(),
        password_hash: "none".into(),
        invite: None,
        is_admin: false,
        wakes_names: false,
    });
    committed(&store, vec![account]).await;
    store
}

fn batch(changes: Vec<Change>) -> Batch {
    Batch {
        conversation: ConversationId::GENERAL,
        changes: Arc::new(changes),
    }
}

async fn committed(store: &Store, changes: Vec<Change>) -> Vec<Settled> {
    match commit(store, &[batch(changes)], Utc::now()).await.unwrap() {
        Outcome::Committed(mut settled) => settled.remove(0),
        Outcome::Unknown(_) => panic!("the outcome is known"),
    }
}

fn post(text: &str) -> Change {
    Change::Post(Post {
        by: Authority::User(UserId(1)),
        text: NewText::parse(text).unwrap(),
        client_msg_id: None,
        reply_to: None,
        uploads: Vec::new(),
        sequence: None,
    })
}

async fn messages(store: &Store) -> usize {
    rows::query(store.readers(), "SELECT id FROM messages", []).await.unwrap().len()
}

/// Runs a transaction up to its COMMIT and loses the answer.
async fn attempt(store: &Store, is_committed: bool) -> Attempt {
    let transaction = store.begin().await.unwrap();
    let batches = [batch(vec![post("hi"), post("there")])];
    let heads = heads::move_heads(&transaction, &batches, WhenLocked::Wait).await.unwrap();
    let written = write_batches(&transaction, (&batches, &heads), Utc::now()).await.unwrap();
    match is_committed {
        true => transaction.commit().await.unwrap(),
        false => transaction.rollback().await.unwrap(),
    }
    Attempt {
        settled: written.0,
        witness: written.1.unwrap(),
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_commit_is_settled_by_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let settled = attempt(&store, true).await.settle(&store).await.unwrap();
    assert_eq!(settled.map(|settled| settled[0].len()), Some(2));
    assert_eq!(messages(&store).await, 2);

    // Rolled back, the numbers go to somebody else, and the witness is not fooled.
    let lost = attempt(&store, false).await;
    assert!(lost.settle(&store).await.unwrap().is_none());
    committed(&store, vec![post("other"), post("words")]).await;
    assert_eq!(messages(&store).await, 4);
}

#[tokio::test]
async fn nothing_of_a_refused_batch_takes_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let stranger = Change::Post(Post {
        by: Authority::User(UserId(99)),
        text: NewText::parse("hi").unwrap(),
        client_msg_id: None,
        reply_to: None,
        uploads: Vec::new(),
        sequence: None,
    });
    let settled = committed(&store, vec![stranger.clone(), post("a"), stranger]).await;
    let Settled::Stored(event) = &settled[1] else {
        panic!("{settled:?}");
    };
    assert_eq!((event.seq, event.message().map(|message| message.n)), (2, Some(1)));
    let heads = "SELECT id FROM conversations WHERE id = 1 AND head_seq = 2 AND head_n = 1";
    assert_eq!(rows::query(store.readers(), heads, []).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_two_conversations_get_at_once_is_the_firsts() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let founding = Founding {
        right: Right::Operator,
        by: Some(UserId(1)),
        kind: Kind::Group,
        name: ChatName::NONE,
    };
    let group = conversations::create(&store, &founding, 0, Utc::now()).await.unwrap().unwrap();
    let Change::Post(post) = post("hi") else {
        panic!("it is a post");
    };
    let keyed = Change::Post(Post {
        client_msg_id: ClientMsgId::parse("k").ok(),
        ..post
    });
    let elsewhere = Batch {
        conversation: group.id,
        changes: Arc::new(vec![keyed.clone()]),
    };
    let batches = [batch(vec![keyed.clone(), keyed]), elsewhere];
    let Outcome::Committed(settled) = commit(&store, &batches, Utc::now()).await.unwrap() else {
        panic!("the outcome is known");
    };
    assert!(
        matches!(settled[0][..], [Settled::Stored(_), Settled::Repeated(_)]),
        "{settled:?}"
    );
    assert!(
        matches!(settled[1][..], [Settled::Stored(_)]),
        "each chat has keys of its own: {settled:?}"
    );
    assert_eq!(messages(&store).await, 2);
}

#[tokio::test]
async fn a_batch_that_the_database_refuses_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let taken = "INSERT INTO messages (conversation_id, n, seq, posted_seq, content, created_at) \
                 VALUES (1, 2, 999, 999, 'in the way', '')";
    store.write().await.unwrap().execute_unprepared(taken).await.unwrap();
    let refused = commit(&store, &[batch(vec![post("a"), post("b")])], Utc::now()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(messages(&store).await, 1);
}
