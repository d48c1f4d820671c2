//! What members have read, and whether they want to be told. Theirs alone: no `seq` is taken.
//!
//! Read commands of many members are one query and one transaction. The query takes no lock; what it found is
//! written only if it still moves forward in the order of [`ReadPosition`], so nobody's position is ever
//! overwritten by an older one.

mod mentions;
mod write;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use serde::Serialize;

use crate::domain::read_commands::{ReadCommands, Reader};
use crate::domain::unread::ReadPosition;
use crate::domain::{ConversationId, TokenId, UserId};
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::conversations::reading::write::{ReadStateRow, write};
use crate::store::statements::DbRow;
use crate::store::{Store, StoreError};

pub(crate) use mentions::mentions_of;

/// Who, and where.
pub(crate) type MemberKey = (ConversationId, UserId);

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReaderAt {
    /// The last change of the conversation.
    pub seq: i64,
    pub reader: Reader,
}

/// What became of read commands.
#[derive(Debug, Default)]
pub(crate) struct ReadOutcome {
    /// Where everybody stands now; who is no member is absent.
    pub readers: HashMap<MemberKey, ReaderAt>,
    /// Whose rows another transaction has just changed, or holds: these are to be asked for again.
    pub passed_over: HashSet<MemberKey>,
    /// Of the devices that asked, those that are signed out. If there are any, nothing was written.
    pub signed_out: HashSet<TokenId>,
    /// Did it take a transaction?
    pub is_written: bool,
}

/// What tells whose row it is.
const KEY: [(&str, Type); 2] = [("conversation_id", Type::Number), ("user_id", Type::Number)];

/// Does what was asked of each of these members, in one transaction, as long as these devices are
/// signed in. Nothing is written where it is so already.
pub(crate) async fn apply_read_commands(
    store: &Store,
    asked: &[(MemberKey, ReadCommands)],
    devices: &[TokenId],
    now: DateTime<Utc>,
) -> Result<ReadOutcome, StoreError> {
    let readers = readers(store, asked).await?;
    let (mut moves, mut mutes) = (Vec::new(), Vec::new());
    for (whose, asked) in asked {
        if let Some(at) = readers.get(whose) {
            let after = at.reader.after(*asked);
            if after.position != at.reader.position {
                moves.push(ReadStateRow::new(*whose, *asked, after));
            }
            if after.muted != at.reader.muted {
                mutes.push(ReadStateRow::new(*whose, *asked, after));
            }
        }
    }
    if moves.is_empty() && mutes.is_empty() {
        return Ok(ReadOutcome {
            readers,
            ..ReadOutcome::default()
        });
    }
    let written = write(store, moves, mutes, devices, now).await?;
    let passed_over = match written {
        Ok(passed_over) => passed_over,
        Err(signed_out) => {
            return Ok(ReadOutcome {
                signed_out,
                ..ReadOutcome::default()
            });
        }
    };
    Ok(ReadOutcome {
        passed_over,
        signed_out: HashSet::new(),
        readers: self::readers(store, asked).await?,
        is_written: true,
    })
}

async fn readers(
    store: &Store,
    asked: &[(MemberKey, ReadCommands)],
) -> Result<HashMap<MemberKey, ReaderAt>, StoreError> {
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
    let mut readers = HashMap::with_capacity(asked.len());
    for row in query(store.readers(), &sql, [to_json(&keys(asked))?]).await? {
        let (read_n, joined_n): (i64, i64) = (row.get("read_n")?, row.get("joined_n")?);
        let reader = Reader {
            head_n: row.get("head_n")?,
            joined_n,
            position: ReadPosition {
                revision: row.get("read_rev")?,
                n: read_n.max(joined_n),
            },
            muted: row.get("muted")?,
        };
        let seq = row.get("head_seq")?;
        readers.insert(whose(&row)?, ReaderAt { seq, reader });
    }
    Ok(readers)
}

#[derive(Serialize)]
struct MemberKeyRow {
    conversation_id: i64,
    user_id: i64,
}

fn keys(asked: &[(MemberKey, ReadCommands)]) -> Vec<MemberKeyRow> {
    let key = |(conversation, user): MemberKey| MemberKeyRow {
        conversation_id: conversation.0,
        user_id: user.0,
    };
    asked.iter().map(|(whose, _)| key(*whose)).collect()
}

fn whose(row: &DbRow) -> Result<MemberKey, DbErr> {
    let conversation = ConversationId(row.get("conversation_id")?);
    Ok((conversation, UserId(row.get("user_id")?)))
}
