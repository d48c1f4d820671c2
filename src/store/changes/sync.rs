//! Where a user stands in all their chats, and how the recent ones are brought up to date: the same
//! number of queries whatever the number of chats.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::domain::sync::{MAX_CHANGES, RECENT, Repair, repair};
use crate::domain::{ConversationId, Event, UserId};
use crate::store::changes::{Changes, fitting, read};
use crate::store::conversations::{self, Listing, Unseen};
use crate::store::messages::MessageRow;
use crate::store::position_ranges::Range;
use crate::store::{Guarded, Store, StoreError, messages};

/// Chats in one answer.
const CHATS: u64 = 2_000;
/// Bytes of text that are told of one chat; a single change may go beyond them.
const BYTES: usize = 65_536;

#[derive(Clone, Debug)]
pub(crate) struct Synced {
    /// All the user's chats, by id.
    pub chats: Vec<Listing>,
    /// Those where they were active last, the latest first.
    pub recent: Vec<Recent>,
}

/// A chat where the user was active lately.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    /// The chat that it is.
    pub conversation: ConversationId,
    /// How it is brought up to date.
    pub repair: Repair,
    /// What brings it up to date, and to which `seq`.
    pub changes: Changes,
}

/// Brings a client up to date that has the chats in `known` up to those positions.
pub(crate) async fn sync(
    store: &Store,
    user: UserId,
    known: &HashMap<ConversationId, i64>,
) -> Result<Synced, StoreError> {
    let chats =
        conversations::of_user(store, user, ConversationId(0), Unseen::LeftOut, CHATS).await?;
    let mut repairs: Vec<_> = recent(&chats)
        .into_iter()
        .map(|listing| {
            let chat = &listing.chat;
            let head = (chat.head_seq, chat.head_n);
            (chat.id, head, repair(known.get(&chat.id).copied(), head))
        })
        .collect();
    let mut events = by_chat(changed(store, &repairs).await?);
    for (conversation, event) in fresh(store, &repairs).await? {
        events.entry(conversation).or_default().push(event);
    }
    for (conversation, (seq, _), repair) in &mut repairs {
        if let Some(events) = events.get_mut(conversation) {
            *seq = cut(events, *seq, *repair);
        }
    }
    let carried = events.values().flatten().filter_map(Event::row);
    let mut annotations = messages::annotations(store, carried).await?;
    let told: HashSet<_> = events.keys().copied().collect();
    let guarded = events.into_iter().map(|(chat, events)| Guarded::new(chat, events)).collect();
    let mut events = Guarded::authorize_all(guarded, store, user).await?;
    repairs.retain(|(chat, _, _)| events.contains_key(chat) || !told.contains(chat));
    let recent = repairs.into_iter().map(|(conversation, (seq, _), repair)| {
        let events = events.remove(&conversation).unwrap_or_default();
        let carried = events.iter().filter_map(Event::row);
        let annotations = carried.filter_map(|id| annotations.remove_entry(&id)).collect();
        Recent {
            conversation,
            repair,
            changes: Changes {
                events,
                annotations,
                seq,
            },
        }
    });
    let recent = recent.collect();
    Ok(Synced { chats, recent })
}

/// Leaves what is told: of changes those that come first, of a fresh page what is newest. Says how far
/// it reaches, at most to `seq`.
fn cut(events: &mut Vec<Event>, seq: i64, repair: Repair) -> i64 {
    if let Repair::Fresh(_) = repair {
        let kept = fitting(events.iter().rev(), BYTES);
        events.drain(..events.len().saturating_sub(kept));
        return seq;
    }
    let kept = fitting(events.iter(), BYTES);
    if kept >= events.len() {
        return seq;
    }
    events.truncate(kept);
    events.last().map_or(seq, |last| last.seq)
}

/// Where the user was active last; among those where they never were, the newest chats.
fn recent(chats: &[Listing]) -> Vec<&Listing> {
    let mut recent: Vec<_> = chats.iter().collect();
    recent.sort_by_key(|listing| Reverse((listing.active_at, listing.chat.id)));
    recent.truncate(RECENT);
    recent
}

type Repairs = [(ConversationId, (i64, i64), Repair)];

async fn changed(
    store: &Store,
    repairs: &Repairs,
) -> Result<Vec<(ConversationId, Event)>, StoreError> {
    let ranges: Vec<_> = repairs
        .iter()
        .filter_map(|(conversation, (seq, _), repair)| match repair {
            Repair::Changes(after) => Some(Range {
                conversation: *conversation,
                after: *after,
                upto: *seq,
            }),
            _ => None,
        })
        .collect();
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let known: HashMap<_, _> =
        ranges.iter().map(|range| (range.conversation, range.after)).collect();
    // Each range is that short, so no row is left out.
    let limit = MAX_CHANGES.unsigned_abs() * ranges.len() as u64;
    read(store, &ranges, limit, |chat| known.get(&chat).copied().unwrap_or(0)).await
}

async fn fresh(
    store: &Store,
    repairs: &Repairs,
) -> Result<Vec<(ConversationId, Event)>, StoreError> {
    let ranges: Vec<_> = repairs
        .iter()
        .filter_map(|(conversation, (_, n), repair)| match repair {
            Repair::Fresh(after) => Some(Range {
                conversation: *conversation,
                after: *after,
                upto: *n,
            }),
            _ => None,
        })
        .collect();
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let rows = messages::numbered(store, &ranges).await?;
    let event = |row: MessageRow| (row.conversation, row.into_posted());
    Ok(rows.into_iter().map(event).collect())
}

fn by_chat(events: Vec<(ConversationId, Event)>) -> HashMap<ConversationId, Vec<Event>> {
    let mut by_chat: HashMap<_, Vec<_>> = HashMap::new();
    for (conversation, event) in events {
        by_chat.entry(conversation).or_default().push(event);
    }
    by_chat
}
