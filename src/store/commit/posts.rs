//! The messages of a batch.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::Serialize;

use crate::domain::change::Post;
use crate::domain::ledger::{Place, Ruling};
use crate::domain::{Change, ClientMsgId, ConversationId, MessageId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::rows::{Type, execute, fold, query, unfold};

/// The id that the database gave to the message with this `n`.
pub(super) type Ids = HashMap<(ConversationId, i64), MessageId>;

#[derive(Serialize)]
struct NewMessage<'a> {
    conversation_id: i64,
    n: i64,
    seq: i64,
    sender_id: Option<i64>,
    client_msg_id: Option<&'a str>,
    content: &'a str,
    sequence: Option<i64>,
}

fn accepted<'a>(
    batches: &'a [Batch],
    rulings: &'a [Vec<Ruling>],
) -> impl Iterator<Item = (ConversationId, &'a Post, Place)> {
    batches.iter().zip(rulings).flat_map(|(batch, rulings)| {
        batch.changes.iter().zip(rulings).filter_map(|pair| match pair {
            (Change::Post(post), Ruling::Accepted(place)) => {
                Some((batch.conversation, post, *place))
            }
            _ => None,
        })
    })
}

/// One multi-row insert, whatever the number of messages and conversations.
pub(super) async fn insert_messages(
    db: &impl ConnectionTrait,
    batches: &[Batch],
    rulings: &[Vec<Ruling>],
    now: DateTime<Utc>,
) -> Result<Ids, StoreError> {
    let rows: Vec<_> = accepted(batches, rulings)
        .map(|(conversation, post, place)| NewMessage {
            conversation_id: conversation.0,
            n: place.n,
            seq: place.seq,
            sender_id: post.sender.map(|user| user.0),
            client_msg_id: post.client_msg_id.as_ref().map(ClientMsgId::as_str),
            content: post.text.as_str(),
            sequence: post.sequence,
        })
        .collect();
    if rows.is_empty() {
        return Ok(Ids::new());
    }
    let columns = [
        ("conversation_id", Type::Number),
        ("n", Type::Number),
        ("seq", Type::Number),
        ("sender_id", Type::Number),
        ("client_msg_id", Type::Text),
        ("content", Type::Text),
        ("sequence", Type::Number),
    ];
    let sql = format!(
        "INSERT INTO messages (conversation_id, n, seq, posted_seq, sender_id, client_msg_id, \
                               content, sequence, created_at) \
         SELECT v.conversation_id, v.n, v.seq, v.seq, v.sender_id, v.client_msg_id, \
                v.content, v.sequence, $2 \
         FROM {} ORDER BY v.conversation_id, v.n RETURNING id, conversation_id, n",
        unfold(db.get_database_backend(), &columns)
    );
    let mut ids = Ids::with_capacity(rows.len());
    for row in query(db, &sql, [fold(&rows)?, now.into()]).await? {
        let conversation = ConversationId(row.try_get("", "conversation_id")?);
        let id = MessageId(row.try_get("", "id")?);
        ids.insert((conversation, row.try_get("", "n")?), id);
    }
    Ok(ids)
}

#[derive(Serialize)]
struct Reader {
    conversation_id: i64,
    user_id: i64,
    n: i64,
}

/// Who writes has read up to there.
pub(super) async fn advance_readers(
    db: &impl ConnectionTrait,
    batches: &[Batch],
    rulings: &[Vec<Ruling>],
) -> Result<(), StoreError> {
    let mut last: HashMap<(i64, i64), i64> = HashMap::new();
    for (conversation, post, place) in accepted(batches, rulings) {
        if let Some(sender) = post.sender {
            last.insert((conversation.0, sender.0), place.n);
        }
    }
    if last.is_empty() {
        return Ok(());
    }
    let readers: Vec<_> = last
        .into_iter()
        .map(|((conversation_id, user_id), n)| Reader {
            conversation_id,
            user_id,
            n,
        })
        .collect();
    let columns = [
        ("conversation_id", Type::Number),
        ("user_id", Type::Number),
        ("n", Type::Number),
    ];
    let sql = format!(
        "UPDATE members SET read_n = v.n FROM {} \
         WHERE members.conversation_id = v.conversation_id AND members.user_id = v.user_id \
           AND members.read_n < v.n",
        unfold(db.get_database_backend(), &columns)
    );
    execute(db, &sql, [fold(&readers)?]).await?;
    Ok(())
}
