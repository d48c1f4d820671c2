//! Messages that fit a query, and the conditions on their rows.

use chrono::{DateTime, Utc};
use sea_orm::Value;

use crate::domain::{ConversationId, MessageId};

/// A condition on the row of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    Before(DateTime<Utc>),
    Since(DateTime<Utc>),
    Pinned(bool),
}

impl Condition {
    /// Of a statement in which `m` is `messages`; their values come behind those that are there.
    pub(super) fn all(conditions: &[Self], values: &mut Vec<Value>) -> String {
        let mut sql = String::new();
        for condition in conditions {
            let (what, value): (_, Option<Value>) = match condition {
                Self::Before(at) => ("m.created_at <", Some((*at).into())),
                Self::Since(at) => ("m.created_at >=", Some((*at).into())),
                Self::Pinned(true) => (PINNED, None),
                Self::Pinned(false) => (NOT_PINNED, None),
            };
            sql.push_str(" AND ");
            sql.push_str(what);
            if let Some(value) = value {
                values.push(value);
                sql.push_str(&format!(" ${}", values.len()));
            }
        }
        sql
    }
}

/// Counted, so that neither store turns it round and begins with all pins.
const PINNED: &str = "(SELECT COUNT(CASE WHEN p.removed_at IS NULL THEN 1 END) FROM pins AS p WHERE p.message_id = m.id) > 0";
const NOT_PINNED: &str = "(SELECT COUNT(CASE WHEN p.removed_at IS NULL THEN 1 END) FROM pins AS p WHERE p.message_id = m.id) = 0";

/// A message that fits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) id: MessageId,
    pub(super) conversation: ConversationId,
    pub(super) n: i64,
    /// The beginning of it, where that is asked for.
    pub(super) text: String,
    pub(super) at: DateTime<Utc>,
}
