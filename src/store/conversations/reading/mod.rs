//! What members have read, and whether they want to be told. Theirs alone: no `seq` is taken.
//!
//! Marks of many members are one query and one transaction. The query takes no lock; what it found is
//! written only if it still moves forward in the order of [`ReadMark`], so nobody's mark is ever
//! overwritten by an older one.

mod mentions;
mod write;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use serde::Serialize;

use crate::domain::marking::{Asked, Reader};
use crate::domain::unread::ReadMark;
use crate::domain::{ConversationId, TokenId, UserId};
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::conversations::reading::write::{Row, write};
use crate::store::{Store, StoreError};

pub use mentions::mentions_of;

/// Whose place it is, and where.
pub type Whose = (ConversationId, UserId);

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The last change of the conversation.
    pub seq: i64,
    /// The member.
    pub reader: Reader,
}

/// What became of marks.
#[derive(Debug, Default)]
pub struct Marked {
    /// Where everybody stands now; who is no member is absent.
    pub places: HashMap<Whose, Place>,
    /// Whose rows another transaction has just changed, or holds: these are to be asked for again.
    pub passed_over: HashSet<Whose>,
    /// Of the devices that asked, those that are signed out. If there are any, nothing was written.
    pub signed_out: HashSet<TokenId>,
    /// Did it take a transaction?
    pub is_written: bool,
}

/// What tells whose place a row is.
const KEY: [(&str, Type); 2] = [("conversation_id", Type::Number), ("user_id", Type::Number)];

/// Does what was asked of each of these members' places, in one transaction, as long as these devices are
/// signed in. Nothing is written where it is so already.
pub async fn mark(
    store: &Store,
    asked: &[(Whose, Asked)],
    devices: &[TokenId],
    now: DateTime<Utc>,
) -> Result<Marked, StoreError> {
    let places = places(store, asked).await?;
    let (mut marks, mut mutes) = (Vec::new(), Vec::new());
    for (whose, asked) in asked {
        if let Some(place) = places.get(whose) {
            let after = place.reader.after(*asked);
            if after.mark != place.reader.mark {
                marks.push(Row::new(*whose, *asked, after));
            }
            if after.muted != place.reader.muted {
                mutes.push(Row::new(*whose, *asked, after));
            }
        }
    }
    if marks.is_empty() && mutes.is_empty() {
        return Ok(Marked {
            places,
            ..Marked::default()
        });
    }
    let written = write(store, &marks, &mutes, devices, now).await?;
    let passed_over = match written {
        Ok(passed_over) => passed_over,
        Err(signed_out) => {
            return Ok(Marked {
                signed_out,
                ..Marked::default()
            });
        }
    };
    Ok(Marked {
        passed_over,
        signed_out: HashSet::new(),
        places: self::places(store, asked).await?,
        is_written: true,
    })
}

async fn places(
    store: &Store,
    asked: &[(Whose, Asked)],
) -> Result<HashMap<Whose, Place>, StoreError> {
    let backend = store.backend();
    let member = "m.conversation_id = v.conversation_id AND m.user_id = v.user_id \
                  AND m.left_at IS NULL";
    let there = "c.id = m.conversation_id AND c.deleted_at IS NULL";
    let sql = format!(
        "SELECT m.conversation_id, m.user_id, m.joined_n, m.read_n, m.read_rev, m.muted, \
                c.head_seq, c.head_n FROM {} {} {}",
        rows_from_json(backend, &KEY),
        for_each(backend, "members", "m", member),
        for_each(backend, "conversations", "c", there),
    );
    let mut places = HashMap::with_capacity(asked.len());
    for row in query(store.readers(), &sql, [to_json(&keys(asked))?]).await? {
        let (read_n, joined_n): (i64, i64) =
            (row.try_get("", "read_n")?, row.try_get("", "joined_n")?);
        let reader = Reader {
            head_n: row.try_get("", "head_n")?,
            joined_n,
            mark: ReadMark {
                revision: row.try_get("", "read_rev")?,
                n: read_n.max(joined_n),
            },
            muted: row.try_get("", "muted")?,
        };
        let seq = row.try_get("", "head_seq")?;
        places.insert(whose(&row)?, Place { seq, reader });
    }
    Ok(places)
}

#[derive(Serialize)]
struct Key {
    conversation_id: i64,
    user_id: i64,
}

fn keys(asked: &[(Whose, Asked)]) -> Vec<Key> {
    let key = |(conversation, user): Whose| Key {
        conversation_id: conversation.0,
        user_id: user.0,
    };
    asked.iter().map(|(whose, _)| key(*whose)).collect()
}

fn whose(row: &QueryResult) -> Result<Whose, DbErr> {
    let conversation = ConversationId(row.try_get("", "conversation_id")?);
    Ok((conversation, UserId(row.try_get("", "user_id")?)))
}
