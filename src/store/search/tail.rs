//! What has been said or edited since the index was there: few messages, which are read and asked one by one. So an
//! answer has everything that was acknowledged before.

use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use serde::Serialize;

use crate::domain::MessageId;
use crate::domain::search::{AboutMessage, IndexedText};
use crate::store::StoreError;
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::messages::{COLUMNS, MessageColumns, MessageRow};
use crate::store::search::candidates::{Candidate, Condition};
use crate::store::search::conditions::Conditions;
use crate::store::search::filters::OwnChat;

/// Changes beyond the index that one query reads at most.
pub const TAIL: i64 = 1_000;

/// What there is beyond the index.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// What of it fits the query.
    pub(super) found: Vec<Candidate>,
    /// There is more than is read.
    pub(super) is_cut: bool,
}

#[derive(Serialize)]
struct BehindIndex {
    conversation_id: i64,
    position: i64,
    upto: i64,
}

/// What fits among the messages before `before` that the index does not have yet, in these chats.
pub(super) async fn read(
    snapshot: &DatabaseTransaction,
    chats: impl Iterator<Item = &OwnChat>,
    before: MessageId,
    conditions: &Conditions,
    of_rows: &[Condition],
) -> Result<Tail, StoreError> {
    let mut tail = Tail::default();
    let (mut behind, mut left) = (Vec::new(), TAIL);
    for chat in chats.filter(|chat| chat.head > chat.indexed) {
        let changes = chat.head - chat.indexed;
        tail.is_cut |= changes > left;
        // The last ones, if not all of them.
        let position = chat.head - changes.min(left);
        left -= changes.min(left);
        if position < chat.head {
            behind.push(BehindIndex {
                conversation_id: chat.id.0,
                position,
                upto: chat.head,
            });
        }
    }
    if behind.is_empty() {
        return Ok(tail);
    }
    let backend = snapshot.get_database_backend();
    let columns = [
        ("conversation_id", Type::Number),
        ("position", Type::Number),
        ("upto", Type::Number),
    ];
    let rows = rows_from_json(backend, &columns);
    let newer = "m.conversation_id = v.conversation_id AND m.seq > v.position AND m.seq <= v.upto";
    let mut values: Vec<Value> = vec![to_json(&behind)?, before.0.into()];
    let of_rows = Condition::all(of_rows, &mut values);
    let sql = format!(
        "SELECT {COLUMNS} FROM {rows} {} LEFT JOIN users AS u ON u.id = m.sender_id \
         WHERE m.deleted_at IS NULL AND m.id < $2{of_rows}",
        for_each(backend, "messages", "m", newer)
    );
    for row in query(snapshot, &sql, values).await? {
        let row = MessageRow::from(MessageColumns::of(&row)?);
        tail.found.extend(fitting(&row, conditions));
    }
    Ok(tail)
}

/// The message, if it fits.
fn fitting(row: &MessageRow, conditions: &Conditions) -> Option<Candidate> {
    let text = row.message.text.as_ref()?.as_str();
    let about = AboutMessage::of(row.conversation, &row.message);
    let indexed = IndexedText::of(text, &about);
    conditions.hold(&indexed).then(|| Candidate {
        id: row.message.id,
        conversation: row.conversation,
        n: row.message.n,
        text: text.to_owned(),
        at: row.message.created_at,
    })
}
