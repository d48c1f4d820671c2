//! What another process has stored, for those who listen here. All of them are told the same, so it ends
//! at a removal, and nothing in it is younger than its end: whoever is removed there sees no more.

use std::collections::BTreeSet;

use entity::members;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::domain::conversation::Missing;
use crate::domain::unread::ReadPosition;
use crate::domain::{ConversationId, Event, Fact, UserId};
use crate::store::changes::{Bounds, Changes, step};
use crate::store::position_ranges::Range;
use crate::store::{Guarded, Store, StoreError, messages};

/// A step of it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What has changed.
    pub changes: Changes,
    /// What those who wrote have read, which their words have moved.
    pub read_positions: Vec<(UserId, ReadPosition)>,
}

/// The first changes that are missing in a conversation, within `bounds`.
pub(crate) async fn missing(
    store: &Store,
    conversation: ConversationId,
    missing: Missing,
    bounds: Bounds,
) -> Result<Guarded<Found>, StoreError> {
    let range = Range {
        conversation,
        after: missing.after,
        upto: missing.upto,
    };
    let (mut events, mut seq) = step(store, range, missing.known, bounds).await?;
    if let Some(end) = events.iter().position(|event| removes(&event.fact)) {
        events.truncate(end + 1);
        seq = events.last().map_or(seq, |last| last.seq);
    }
    let carried = events.iter().filter_map(Event::row);
    let (annotations, read_positions) = tokio::try_join!(
        messages::annotations_by(store, carried, seq),
        read_positions(store, conversation, &events)
    )?;
    let changes = Changes {
        events,
        annotations,
        seq,
    };
    Ok(Guarded::new(
        conversation,
        Found {
            changes,
            read_positions,
        },
    ))
}

fn removes(fact: &Fact) -> bool {
    matches!(fact, Fact::Left { .. } | Fact::ChatDeleted)
}

/// Where those stand who have said something.
async fn read_positions(
    store: &Store,
    conversation: ConversationId,
    events: &[Event],
) -> Result<Vec<(UserId, ReadPosition)>, StoreError> {
    let senders = events.iter().filter_map(|event| event.message()?.sender);
    let senders: BTreeSet<i64> = senders.map(|user| user.0).collect();
    if senders.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i64, i64)> = members::Entity::find()
        .select_only()
        .columns([
            members::Column::UserId,
            members::Column::ReadRev,
            members::Column::ReadN,
        ])
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::UserId.is_in(senders))
        .into_tuple()
        .all(store.readers())
        .await?;
    let position =
        |(user, revision, n): (i64, i64, i64)| (UserId(user), ReadPosition { revision, n });
    Ok(rows.into_iter().map(position).collect())
}
