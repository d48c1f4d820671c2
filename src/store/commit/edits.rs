//! What is done to a message that is there: a statement or two each, since it is rare.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Value};

use crate::domain::event::{Message, Reaction};
use crate::domain::ledger::Place;
use crate::domain::mentions::Mentions;
use crate::domain::{ConversationId, MessageId, MessageText, UserId};
use crate::store::StoreError;
use crate::store::commit::mentions::insert_mentions;
use crate::store::commit::rows::execute;
use crate::store::messages::write_mentions;

/// What the message said so far becomes a version of it.
pub(super) async fn edit(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    message: &Message,
    text: &MessageText,
    place: Place,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let keep = "INSERT INTO message_versions (message_id, seq, content, created_at) \
                SELECT id, seq, content, COALESCE(edited_at, created_at) FROM messages \
                WHERE id = $1";
    execute(db, keep, [message.id.0.into()]).await?;
    let sql = "UPDATE messages SET content = $1, mentions = $2, seq = $3, edited_at = $4 \
               WHERE id = $5";
    let values: [Value; 5] = [
        text.as_str().into(),
        write_mentions(&message.mentions).into(),
        place.seq.into(),
        now.into(),
        message.id.0.into(),
    ];
    execute(db, sql, values).await?;
    mention_anew(db, conversation, message.n, &message.mentions).await
}

/// Nothing of the content is kept, nor of what hung on it; the number stays.
pub(super) async fn delete(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    message: &Message,
    place: Place,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET content = '', mentions = NULL, seq = $1, deleted_at = $2 \
               WHERE id = $3";
    execute(db, sql, [place.seq.into(), now.into(), message.id.0.into()]).await?;
    for sql in [
        "DELETE FROM message_versions WHERE message_id = $1",
        "DELETE FROM reactions WHERE message_id = $1",
        "DELETE FROM pins WHERE message_id = $1",
    ] {
        execute(db, sql, [message.id.0.into()]).await?;
    }
    mention_anew(db, conversation, message.n, &Mentions::default()).await
}

async fn mention_anew(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    n: i64,
    mentions: &Mentions,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM mentions WHERE conversation_id = $1 AND n = $2";
    execute(db, sql, [conversation.0.into(), n.into()]).await?;
    insert_mentions(db, [(conversation, n, mentions)]).await
}

/// A reaction that is taken back keeps its row, for those who resume.
pub(super) async fn react(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    reaction: &Reaction,
    place: Place,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO reactions (conversation_id, message_id, user_id, emoji, seq, \
                                      created_at, removed_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) \
               ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET seq = excluded.seq, \
                   created_at = excluded.created_at, removed_at = excluded.removed_at";
    let removed_at = (!reaction.on).then_some(now);
    let values: [Value; 7] = [
        conversation.0.into(),
        reaction.message.0.into(),
        reaction.user.0.into(),
        reaction.emoji.as_str().into(),
        place.seq.into(),
        now.into(),
        removed_at.into(),
    ];
    execute(db, sql, values).await?;
    Ok(())
}

/// Which message is pinned by whom, or not any more.
pub(super) struct PinChange {
    pub(super) conversation: ConversationId,
    pub(super) message: MessageId,
    pub(super) user: Option<UserId>,
    pub(super) on: bool,
}

pub(super) async fn pin(
    db: &impl ConnectionTrait,
    change: &PinChange,
    place: Place,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO pins (conversation_id, message_id, user_id, seq, created_at, removed_at) \
               VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (message_id) DO UPDATE SET seq = excluded.seq, \
                   user_id = excluded.user_id, created_at = excluded.created_at, \
                   removed_at = excluded.removed_at";
    let removed_at = (!change.on).then_some(now);
    let values: [Value; 6] = [
        change.conversation.0.into(),
        change.message.0.into(),
        change.user.map(|user| user.0).into(),
        place.seq.into(),
        now.into(),
        removed_at.into(),
    ];
    execute(db, sql, values).await?;
    Ok(())
}
