//! What is told live of a change is what REST says of it.

use super::*;
use crate::domain::{Authority, Emoji, MessageId};
use crate::store::messages;
use crate::wire::message::MessageBody;
use crate::wire::server;

fn react(emoji: &str) -> Change {
    Change::React {
        user: UserId(1),
        device: None,
        message: MessageId(1),
        emoji: Emoji::parse(emoji).unwrap(),
        on: true,
    }
}

fn edit(text: &str) -> Change {
    Change::Edit {
        by: Authority::User(UserId(1)),
        message: MessageId(1),
        text: NewText::parse(text).unwrap(),
    }
}

/// A change as a frame, without what says which kind of frame it is.
fn told(settled: &Settled) -> serde_json::Value {
    let Settled::Stored(event) = settled else {
        panic!("{settled:?}");
    };
    let (frames, _) = server::events(ConversationId::GENERAL, [event.as_ref()]);
    let start = frames.iter().position(|byte| *byte == b'{').unwrap();
    let mut frame: serde_json::Value = serde_json::from_slice(&frames[start..]).unwrap();
    frame.as_object_mut().unwrap().remove("type");
    frame
}

/// The message as REST shows it.
async fn shown(store: &Store) -> serde_json::Value {
    let (here, id) = (ConversationId::GENERAL, MessageId(1));
    let found = messages::by_id(store, here, id).await.unwrap();
    let found = found.authorize(store, Authority::Operator).await.unwrap().unwrap();
    let row = &found.rows[0];
    let body = MessageBody::new(here, row.seq, &row.message, found.annotations.get(&id));
    serde_json::to_value(body).unwrap()
}

#[tokio::test]
async fn an_edit_says_all_that_the_message_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    committed(&store, vec![post("a")]).await;
    committed(&store, vec![react("👍"), react("🎉")]).await;
    let settled = committed(&store, vec![react("👀"), edit("b")]).await;
    assert_eq!(told(&settled[1]), shown(&store).await);
    assert_eq!(shown(&store).await["reactions"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_edited_and_deleted_at_once_is_told_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    committed(&store, vec![post("a")]).await;
    let delete = Change::Delete {
        by: Authority::User(UserId(1)),
        message: MessageId(1),
    };
    let settled = committed(&store, vec![edit("b"), delete]).await;
    let mut shown = shown(&store).await;
    for looked_up in ["reactions", "pinned"] {
        shown.as_object_mut().unwrap().remove(looked_up);
    }
    assert_eq!(told(&settled[1]), shown);
}
