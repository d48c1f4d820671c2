//! The messages of a batch.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::change::Post;
use crate::domain::ledger::{Ledger, Slot, Verdict};
use crate::domain::mentions::Mentions;
use crate::domain::{Change, ClientMsgId, ConversationId, MessageId, UserId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::mentions::insert_mentions;
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::messages::write_mentions;
use crate::store::statements::StatementRunner;

/// A message that has been inserted.
#[derive(Debug)]
pub(super) struct Inserted {
    pub(super) id: MessageId,
    pub(super) mentions: Mentions,
}

/// The messages that have been inserted, by their `n`.
pub(super) type InsertedMessages = HashMap<(ConversationId, i64), Inserted>;

#[derive(Serialize)]
struct MessageInsert<'a> {
    conversation_id: i64,
    n: i64,
    seq: i64,
    sender_id: Option<i64>,
    client_msg_id: Option<&'a str>,
    content: &'a str,
    sequence: Option<i64>,
    reply_to: Option<i64>,
    mentions: Option<String>,
}

fn accepted<'a>(
    batches: &'a [Batch],
    verdicts: &'a [Vec<Verdict>],
) -> impl Iterator<Item = (ConversationId, &'a Post, Slot)> {
    batches.iter().zip(verdicts).flat_map(|(batch, verdicts)| {
        batch.changes.iter().zip(verdicts).filter_map(|pair| match pair {
            (Change::Post(post), Verdict::Accepted(place)) => {
                Some((batch.conversation, post, *place))
            }
            _ => None,
        })
    })
}

/// One multi-row insert, whatever the number of messages and conversations.
pub(super) async fn insert_messages(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &[Ledger],
    verdicts: &[Vec<Verdict>],
    now: DateTime<Utc>,
) -> Result<InsertedMessages, StoreError> {
    let mut mentioned = mentioned(batches, ledgers, verdicts);
    let rows: Vec<_> = accepted(batches, verdicts)
        .map(|(conversation, post, place)| MessageInsert {
            conversation_id: conversation.0,
            n: place.n,
            seq: place.seq,
            sender_id: post.sender().map(|user| user.0),
            client_msg_id: post.client_msg_id.as_ref().map(ClientMsgId::as_str),
            content: post.text.as_str(),
            sequence: post.sequence,
            reply_to: post.reply_to.map(|message| message.0),
            mentions: mentioned.get(&(conversation, place.n)).and_then(write_mentions),
        })
        .collect();
    if rows.is_empty() {
        return Ok(InsertedMessages::new());
    }
    let mut messages = InsertedMessages::with_capacity(rows.len());
    for row in query(db, &insert_sql(db), [to_json(&rows)?, now.into()]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        let place = (conversation, row.get("n")?);
        let inserted = Inserted {
            id: MessageId(row.get("id")?),
            mentions: mentioned.remove(&place).unwrap_or_default(),
        };
        messages.insert(place, inserted);
    }
    let mentions = messages.iter().map(|((chat, n), message)| (*chat, *n, &message.mentions));
    insert_mentions(db, mentions).await?;
    Ok(messages)
}

fn insert_sql(db: &dyn StatementRunner) -> String {
    let columns = [
        ("conversation_id", Type::Number),
        ("n", Type::Number),
        ("seq", Type::Number),
        ("sender_id", Type::Number),
        ("client_msg_id", Type::Text),
        ("content", Type::Text),
        ("sequence", Type::Number),
        ("reply_to", Type::Number),
        ("mentions", Type::Text),
    ];
    format!(
        "INSERT INTO messages (conversation_id, n, seq, posted_seq, sender_id, client_msg_id, \
                               content, sequence, reply_to, mentions, created_at) \
         SELECT v.conversation_id, v.n, v.seq, v.seq, v.sender_id, v.client_msg_id, \
                v.content, v.sequence, v.reply_to, v.mentions, $2 \
         FROM {} ORDER BY v.conversation_id, v.n RETURNING id, conversation_id, n",
        rows_from_json(db.backend(), &columns)
    )
}

/// Whom the accepted messages mention, those that mention anybody.
fn mentioned(
    batches: &[Batch],
    ledgers: &[Ledger],
    verdicts: &[Vec<Verdict>],
) -> HashMap<(ConversationId, i64), Mentions> {
    let names: HashMap<_, _> =
        ledgers.iter().map(|ledger| (ledger.conversation, &ledger.names)).collect();
    accepted(batches, verdicts)
        .filter_map(|(conversation, post, place)| {
            let members = names.get(&conversation)?;
            let mentions = post.text.named().resolve(members);
            (!mentions.is_empty()).then_some(((conversation, place.n), mentions))
        })
        .collect()
}

#[derive(Serialize)]
struct ReaderRow {
    conversation_id: i64,
    user_id: i64,
    n: i64,
}

/// The row of a member that an unfolded row is about.
const WHOSE: &str = "m.conversation_id = v.conversation_id AND m.user_id = v.user_id";

/// How often each sender has put their read position back.
pub(super) type Revisions = HashMap<(ConversationId, UserId), i64>;

/// Who writes has read up to there, and is active.
pub(super) async fn advance_readers(
    db: &dyn StatementRunner,
    batches: &[Batch],
    verdicts: &[Vec<Verdict>],
    now: DateTime<Utc>,
) -> Result<Revisions, StoreError> {
    let mut last: HashMap<(i64, i64), i64> = HashMap::new();
    for (conversation, post, place) in accepted(batches, verdicts) {
        if let Some(sender) = post.sender() {
            last.insert((conversation.0, sender.0), place.n);
        }
    }
    if last.is_empty() {
        return Ok(Revisions::new());
    }
    let readers: Vec<_> = last
        .into_iter()
        .map(|((conversation_id, user_id), n)| ReaderRow {
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
    let backend = db.backend();
    let (rows, whose) =
        (rows_from_json(backend, &columns), for_each(backend, "members", "m", WHOSE));
    // Every row is there already, so none is inserted. An UPDATE would be a join with the whole of
    // the members, which Postgres may begin at either end.
    let sql = format!(
        "INSERT INTO members (conversation_id, user_id, role, seq, created_at, read_n, active_at) \
         SELECT m.conversation_id, m.user_id, m.role, m.seq, m.created_at, v.n, $2 \
         FROM {rows} {whose} WHERE m.read_n < v.n \
         ON CONFLICT (conversation_id, user_id) \
         DO UPDATE SET read_n = excluded.read_n, active_at = excluded.active_at \
         WHERE members.read_n < excluded.read_n \
         RETURNING conversation_id, user_id, read_rev"
    );
    let mut revisions = Revisions::new();
    for row in query(db, &sql, [to_json(&readers)?, now.into()]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        let user = UserId(row.get("user_id")?);
        revisions.insert((conversation, user), row.get("read_rev")?);
    }
    Ok(revisions)
}
