//! The messages of a batch.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::domain::change::Post;
use crate::domain::ledger::{Ledger, Slot, Verdict};
use crate::domain::mentions::Mentions;
use crate::domain::{Change, ClientMsgId, ConversationId, MessageId, UserId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::mentions::insert_mentions;
use crate::store::commit::rows::{Type, beside, for_each, query_each, source};
use crate::store::commit::uploads::{attach, attachments};
use crate::store::input_rows::{InputColumn, InputRows};
use crate::store::messages::write_mentions;
use crate::store::statements::{DbRow, StatementRunner};

/// A message that has been inserted.
#[derive(Debug)]
pub(super) struct Inserted {
    pub(super) id: MessageId,
    pub(super) mentions: Mentions,
}

/// The messages that have been inserted, by their `n`.
pub(super) type InsertedMessages = HashMap<(ConversationId, i64), Inserted>;

const MESSAGE: [InputColumn; 9] = [
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

/// One statement, whatever the number of messages and conversations: for all of them, or run for each.
pub(super) async fn insert_messages(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &[Ledger],
    verdicts: &[Vec<Verdict>],
    now: DateTime<Utc>,
) -> Result<InsertedMessages, StoreError> {
    let mut mentioned = mentioned(batches, ledgers, verdicts);
    let rows = accepted(batches, verdicts).map(|(conversation, post, place)| {
        [
            conversation.0.into(),
            place.n.into(),
            place.seq.into(),
            post.sender().map(|user| user.0).into(),
            post.client_msg_id.as_ref().map(ClientMsgId::as_str).into(),
            post.text.as_str().into(),
            post.sequence.into(),
            post.reply_to.map(|message| message.0).into(),
            mentioned.get(&(conversation, place.n)).and_then(write_mentions).into(),
        ]
    });
    let rows = InputRows::new(&MESSAGE, rows);
    if rows.is_empty() {
        return Ok(InsertedMessages::new());
    }
    let ids = match db.takes_rows() {
        true => {
            let places = accepted(batches, verdicts).map(|(chat, _, place)| (chat, place.n));
            let ids = db.run_of(&insert_one_sql(), &rows, vec![now.into()]).await?;
            places.zip(ids).collect()
        }
        false => insert_at_once(db, &rows, now).await?,
    };
    let mut messages = InsertedMessages::with_capacity(ids.len());
    for (place, id) in ids {
        let inserted = Inserted {
            id: MessageId(id),
            mentions: mentioned.remove(&place).unwrap_or_default(),
        };
        messages.insert(place, inserted);
    }
    let mentions = messages.iter().map(|((chat, n), message)| (*chat, *n, &message.mentions));
    insert_mentions(db, mentions).await?;
    let posts =
        batches
            .iter()
            .zip(ledgers)
            .zip(verdicts)
            .flat_map(|((batch, ledger), verdicts)| {
                let own = accepted(std::slice::from_ref(batch), std::slice::from_ref(verdicts));
                own.map(move |(chat, post, place)| (ledger, post, (chat, place.n)))
            });
    let carrying = posts.filter(|(_, post, _)| !post.uploads.is_empty());
    let carried = carrying.filter_map(|(ledger, post, place)| {
        Some((messages.get(&place)?.id, attachments(ledger, post)))
    });
    attach(db, &carried.collect::<Vec<_>>()).await?;
    Ok(messages)
}

const INTO: &str = "INSERT INTO messages (conversation_id, n, seq, posted_seq, sender_id, client_msg_id, \
                                          content, sequence, reply_to, mentions, created_at)";

/// What is read back of an insertion makes SQLite keep what each row has changed, for the case that it fails.
fn insert_one_sql() -> String {
    format!("{INTO} VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10)")
}

/// The places of the messages, and their ids.
type MessageIds = Vec<((ConversationId, i64), i64)>;

async fn insert_at_once(
    db: &dyn StatementRunner,
    rows: &InputRows<'_>,
    now: DateTime<Utc>,
) -> Result<MessageIds, StoreError> {
    let sql = format!(
        "{INTO} \
         SELECT v.conversation_id, v.n, v.seq, v.seq, v.sender_id, v.client_msg_id, \
                v.content, v.sequence, v.reply_to, v.mentions, {} \
         FROM {} ORDER BY v.conversation_id, v.n RETURNING id, conversation_id, n",
        beside(db, rows, 0),
        source(db, rows)
    );
    let inserted = query_each(db, &sql, rows, [now.into()]).await?;
    let id = |row: &DbRow| {
        let place = (ConversationId(row.get("conversation_id")?), row.get("n")?);
        Ok((place, row.get("id")?))
    };
    inserted.iter().map(id).collect()
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

const READER: [InputColumn; 3] = [
    ("conversation_id", Type::Number),
    ("user_id", Type::Number),
    ("n", Type::Number),
];

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
    let readers = last
        .into_iter()
        .map(|((conversation, user), n)| [conversation.into(), user.into(), n.into()]);
    let readers = InputRows::new(&READER, readers);
    let sql = match db.takes_rows() {
        true => ADVANCE_ONE.to_owned(),
        false => advance_sql(db, &readers),
    };
    let rows = query_each(db, &sql, &readers, [now.into()]).await?;
    let mut revisions = Revisions::new();
    for row in rows {
        let conversation = ConversationId(row.get("conversation_id")?);
        let user = UserId(row.get("user_id")?);
        revisions.insert((conversation, user), row.get("read_rev")?);
    }
    Ok(revisions)
}

const ADVANCE_ONE: &str = "UPDATE members SET read_n = $3, active_at = $4 \
                           WHERE conversation_id = $1 AND user_id = $2 AND read_n < $3 \
                           RETURNING conversation_id, user_id, read_rev";

fn advance_sql(db: &dyn StatementRunner, readers: &InputRows<'_>) -> String {
    // Every row is there already, so none is inserted. An UPDATE would be a join with the whole of
    // the members, which Postgres may begin at either end.
    format!(
        "INSERT INTO members (conversation_id, user_id, role, seq, created_at, read_n, active_at) \
         SELECT m.conversation_id, m.user_id, m.role, m.seq, m.created_at, v.n, {} \
         FROM {} {} WHERE m.read_n < v.n \
         ON CONFLICT (conversation_id, user_id) \
         DO UPDATE SET read_n = excluded.read_n, active_at = excluded.active_at \
         WHERE members.read_n < excluded.read_n \
         RETURNING conversation_id, user_id, read_rev",
        beside(db, readers, 0),
        source(db, readers),
        for_each(db.backend(), "members", "m", WHOSE)
    )
}
