//! What changed in a conversation after a position. Each row remembers the `seq` of its last change,
//! so this is one indexed range of each table, and no log is written twice. A row that changed again
//! since is found at its last place only, as it is now.

mod annotations;
mod heads;
mod members_and_names;
mod missing;
pub(crate) mod sync;

use crate::domain::event::AnnotationsByMessage;
use crate::domain::{ConversationId, Event};
use crate::store::position_ranges::Range;
use crate::store::{Guarded, Store, StoreError, messages};

pub(crate) use heads::{ahead, are_behind};
pub(crate) use missing::{Found, missing};

/// A step of a replay.
#[derive(Clone, Debug)]
pub struct Changes {
    /// By `seq`; numbers that are missing were superseded by later ones.
    pub events: Vec<Event>,
    /// What hangs on the messages among them.
    pub annotations: AnnotationsByMessage,
    /// Everything up to here has been said.
    pub seq: i64,
}

/// How much one step may be. A single change may go beyond the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many changes.
    pub rows: u64,
    /// Bytes of text in them.
    pub bytes: usize,
}

/// Rows of each kind that a step reads first. As long as all of them fit it goes on with twice as many,
/// so that of long messages not many more are read than fit.
const ROWS_AT_FIRST: u64 = 32;

/// The changes of a conversation after `after`, up to and including `upto`, within `bounds`. The
/// answer reaches `upto` unless there are more. Messages up to `known`, where the replay began, are
/// known to who asks.
pub(crate) async fn between(
    store: &Store,
    conversation: ConversationId,
    known: i64,
    after: i64,
    upto: i64,
    bounds: Bounds,
) -> Result<Guarded<Changes>, StoreError> {
    let range = Range {
        conversation,
        after,
        upto,
    };
    let (events, seq) = step(store, range, known, bounds).await?;
    Ok(Guarded::new(conversation, with_annotations(store, events, seq).await?))
}

/// The events of one step, and the position that it reaches.
async fn step(
    store: &Store,
    mut range: Range,
    known: i64,
    bounds: Bounds,
) -> Result<(Vec<Event>, i64), StoreError> {
    let (mut events, mut rows, mut left) = (Vec::new(), ROWS_AT_FIRST, bounds);
    loop {
        let limit = rows.min(left.rows);
        let (part, is_full) = first(store, range, limit, known).await?;
        let mut fitting = fitting(part.iter(), left.bytes);
        if !events.is_empty() && part.first().is_some_and(|event| event.bytes() > left.bytes) {
            fitting = 0;
        }
        let is_cut = fitting < part.len();
        events.extend(part.into_iter().take(fitting).inspect(|event| {
            left.rows -= 1;
            left.bytes = left.bytes.saturating_sub(event.bytes());
            range.after = event.seq;
        }));
        if !is_full && !is_cut {
            return Ok((events, range.upto));
        }
        if is_cut || left.rows == 0 {
            return Ok((events, range.after));
        }
        rows *= 2;
    }
}

/// The first changes of a range, at most `limit`, and whether there may be more.
async fn first(
    store: &Store,
    range: Range,
    limit: u64,
    known: i64,
) -> Result<(Vec<Event>, bool), StoreError> {
    let events = read(store, &[range], limit, |_| known).await?;
    let mut events: Vec<Event> = events.into_iter().map(|(_, event)| event).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    // Each kind is whole up to its own limit, so the lowest `limit` of all are whole too.
    let is_full = events.len() >= limit;
    events.truncate(limit);
    Ok((events, is_full))
}

/// What changed in these ranges, at most `limit` rows of each kind, by `seq`; who asks knows of each
/// conversation what is up to `known`.
async fn read(
    store: &Store,
    ranges: &[Range],
    limit: u64,
    known: impl Fn(ConversationId) -> i64,
) -> Result<Vec<(ConversationId, Event)>, StoreError> {
    let (messages, annotations, members, names) = tokio::try_join!(
        messages::changed(store, ranges, limit),
        annotations::changed(store, ranges, limit),
        members_and_names::members(store, ranges, limit),
        members_and_names::names(store, ranges),
    )?;
    let messages = messages.into_iter().map(|row| {
        let conversation = row.conversation;
        (conversation, row.into_change(known(conversation)))
    });
    let mut events: Vec<_> = messages.chain(annotations).chain(members).chain(names).collect();
    events.sort_by_key(|(conversation, event)| (*conversation, event.seq));
    Ok(events)
}

async fn with_annotations(
    store: &Store,
    events: Vec<Event>,
    seq: i64,
) -> Result<Changes, StoreError> {
    let annotations = messages::annotations(store, events.iter().filter_map(Event::row)).await?;
    Ok(Changes {
        events,
        annotations,
        seq,
    })
}

/// How many of `events` fit into so many bytes of text; one at least.
fn fitting<'a>(events: impl Iterator<Item = &'a Event>, bytes: usize) -> usize {
    let mut total = 0;
    let fits = |event: &&Event| {
        total += event.bytes();
        total <= bytes
    };
    events.take_while(fits).count().max(1)
}

/// The newest messages of a conversation that are no newer than `upto`, for one who begins afresh.
pub(crate) async fn newest(
    store: &Store,
    conversation: ConversationId,
    upto: i64,
    limit: u64,
    bytes: usize,
) -> Result<Guarded<Changes>, StoreError> {
    let mut events = messages::newest(store, conversation, upto, limit).await?;
    let kept = fitting(events.iter().rev(), bytes);
    events.drain(..events.len().saturating_sub(kept));
    Ok(Guarded::new(conversation, with_annotations(store, events, upto).await?))
}
