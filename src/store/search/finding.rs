//! A page of hits: what the index has and what it does not have yet, of one state of the database, for one who is a
//! member of the chats that it is in, before the reading and after it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use crate::domain::event::AnnotationsByMessage;
use crate::domain::search::{
    AboutMessage, IndexedText, Marks, QueryError, SearchCursor, TypedQuery, marks, score,
};
use crate::domain::{ConversationId, MessageId, UserId};
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::messages::{self, COLUMNS, MessageColumns, MessageRow};
use crate::store::search::candidates::Candidate;
use crate::store::search::conditions::Conditions;
use crate::store::search::filters::{OwnChat, Resolved, own_chats, resolve};
use crate::store::search::matching::matching;
use crate::store::search::tail;
use crate::store::{Guarded, Store, StoreError};

/// Hits of which the best are the best.
pub const RANKED: usize = 500;

/// In which order hits come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// The newest first.
    Newest,
    /// The best of the newest [`RANKED`] first.
    Best,
}

/// Which hits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchPage {
    pub(crate) sort: Sort,
    /// So many at most.
    pub(crate) limit: usize,
    /// And so many bytes of text in them; one at least.
    pub(crate) bytes: usize,
    /// Behind this one.
    pub(crate) after: Option<SearchCursor>,
}

/// A message that was found.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    /// As it is now.
    pub(crate) row: MessageRow,
    /// What was looked for in it.
    pub(crate) marks: Marks,
    /// The message before it, and the one behind it.
    pub(crate) before: Option<MessageRow>,
    pub(crate) after: Option<MessageRow>,
    /// Where a page goes on that ends with it.
    pub(crate) cursor: SearchCursor,
}

/// A page of hits.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundHits {
    pub(crate) hits: Vec<Hit>,
    /// What hangs on the messages.
    pub(crate) annotations: AnnotationsByMessage,
    /// Where the next page begins, if there is more.
    pub(crate) next: Option<SearchCursor>,
    /// The index is so far behind that something may be missing.
    pub(crate) is_behind: bool,
}

/// What a query finds for this user, or what is wrong with it.
pub(crate) async fn find(
    store: &Store,
    reader: UserId,
    typed: &TypedQuery,
    page: SearchPage,
) -> Result<Result<FoundHits, QueryError>, StoreError> {
    let snapshot = store.begin_read().await?;
    let own = own_chats(&snapshot, reader).await?;
    let resolved = match resolve(store, &snapshot, reader, &own, &typed.filters).await? {
        Ok(resolved) => with_words(resolved, typed),
        Err(error) => return Ok(Err(error)),
    };
    let (candidates, is_behind) = candidates(&snapshot, reader, &own, &resolved, page).await?;
    snapshot.commit().await?;
    let (chosen, has_more) = chosen(candidates, typed, page, store.now());
    let rows = with_neighbours(store, &chosen).await?;
    let (hits, has_fitted) =
        hits(store, reader, &chosen, rows, (typed, &resolved.conditions), page).await?;
    let annotations =
        messages::annotations(store, hits.iter().map(|hit| hit.row.message.id)).await?;
    let last = match has_fitted {
        // Some of them may have been edited or deleted meanwhile.
        true => chosen.last().map(|(_, cursor)| *cursor).filter(|_| has_more),
        false => hits.last().map(|hit| hit.cursor),
    };
    Ok(Ok(FoundHits {
        hits,
        annotations,
        next: last,
        is_behind,
    }))
}

fn with_words(mut resolved: Resolved, typed: &TypedQuery) -> Resolved {
    let wanted = typed.wanted.iter().map(|wanted| wanted.clause.clone());
    resolved.conditions.all.extend(wanted);
    resolved.conditions.none.extend(typed.unwanted.iter().cloned());
    resolved
}

/// The newest messages that fit, the newest first, and whether some may be missing.
async fn candidates(
    snapshot: &DatabaseTransaction,
    reader: UserId,
    own: &[OwnChat],
    resolved: &Resolved,
    page: SearchPage,
) -> Result<(Vec<Candidate>, bool), StoreError> {
    let (before, limit) = match (page.after, page.sort) {
        (Some(SearchCursor::Newest(before)), _) => (before, page.limit + 1),
        (Some(SearchCursor::Best(upto, _)), _) => (MessageId(upto.0.saturating_add(1)), RANKED),
        (None, Sort::Newest) => (MessageId(i64::MAX), page.limit + 1),
        (None, Sort::Best) => (MessageId(i64::MAX), RANKED),
    };
    let (conditions, of_rows) = (&resolved.conditions, resolved.of_rows.as_slice());
    let is_meant =
        |chat: &&OwnChat| resolved.chats.as_ref().is_none_or(|chats| chats.contains(&chat.id));
    let tail =
        tail::read(snapshot, own.iter().filter(is_meant), before, conditions, of_rows).await?;
    let indexed = matching(snapshot, reader, conditions, of_rows, before, limit).await?;
    let found = tail.found.into_iter().chain(indexed).map(|one| (one.id.0, one));
    let found: BTreeMap<_, _> = found.collect();
    Ok((found.into_values().rev().take(limit).collect(), tail.is_cut))
}

/// A message on the page, and where the page goes on behind it.
type Chosen = (Candidate, SearchCursor);

/// Which of them are on the page, in their order, and whether there are more.
fn chosen(
    candidates: Vec<Candidate>,
    typed: &TypedQuery,
    page: SearchPage,
    now: DateTime<Utc>,
) -> (Vec<Chosen>, bool) {
    if page.sort == Sort::Newest {
        let has_more = candidates.len() > page.limit;
        let first = candidates.into_iter().take(page.limit);
        let chosen =
            first.map(|one| (one.id, one)).map(|(id, one)| (one, SearchCursor::Newest(id)));
        return (chosen.collect(), has_more);
    }
    let (upto, behind) = match page.after {
        Some(SearchCursor::Best(upto, behind)) => (upto, behind),
        _ => (candidates.first().map_or(MessageId(0), |first| first.id), 0),
    };
    let scored = candidates.into_iter().map(|one| {
        let age = (now - one.at).to_std().unwrap_or(Duration::ZERO);
        (score(&one.text, &typed.wanted, age), one)
    });
    let mut scored: Vec<_> = scored.collect();
    scored.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(other.id.cmp(&one.id)));
    let has_more = scored.len() > behind.saturating_add(page.limit);
    let page = scored.into_iter().enumerate().skip(behind).take(page.limit);
    let chosen = page.map(|(place, (_, one))| (one, SearchCursor::Best(upto, place + 1)));
    (chosen.collect(), has_more)
}

#[derive(Serialize)]
struct Place {
    conversation_id: i64,
    n: i64,
}

/// By conversation and number.
type RowsByPlace = HashMap<(ConversationId, i64), MessageRow>;

/// These messages and those beside them, as they are now.
async fn with_neighbours(store: &Store, chosen: &[Chosen]) -> Result<RowsByPlace, StoreError> {
    if chosen.is_empty() {
        return Ok(RowsByPlace::new());
    }
    let place = |(one, _): &Chosen| Place {
        conversation_id: one.conversation.0,
        n: one.n,
    };
    let places: Vec<_> = chosen.iter().map(place).collect();
    let columns = [("conversation_id", Type::Number), ("n", Type::Number)];
    let rows = rows_from_json(store.backend(), &columns);
    let near = "m.conversation_id = v.conversation_id AND m.n >= v.n - 1 AND m.n <= v.n + 1";
    let sql = format!(
        "SELECT {COLUMNS} FROM {rows} {} LEFT JOIN users AS u ON u.id = m.sender_id",
        for_each(store.backend(), "messages", "m", near)
    );
    let mut found = RowsByPlace::new();
    for row in query(store.readers(), &sql, [to_json(&places)?]).await? {
        let row = MessageRow::from(MessageColumns::of(&row)?);
        found.insert((row.conversation, row.message.n), row);
    }
    Ok(found)
}

/// The hits of the page that fit its bytes, and whether all did: those that fit still, in chats that the reader
/// still belongs to.
async fn hits(
    store: &Store,
    reader: UserId,
    chosen: &[Chosen],
    mut rows: RowsByPlace,
    (typed, conditions): (&TypedQuery, &Conditions),
    page: SearchPage,
) -> Result<(Vec<Hit>, bool), StoreError> {
    rows.retain(|_, row| row.message.text.is_some());
    let mut by_chat: HashMap<ConversationId, RowsByPlace> = HashMap::new();
    for (place, row) in rows {
        by_chat.entry(place.0).or_default().insert(place, row);
    }
    let guarded = by_chat.into_iter().map(|(chat, rows)| Guarded::new(chat, rows)).collect();
    let rows = Guarded::authorize_all(guarded, store, reader).await?;
    let (mut hits, mut bytes) = (Vec::new(), 0);
    for (one, cursor) in chosen {
        let near = |by: i64| rows.get(&one.conversation)?.get(&(one.conversation, one.n + by));
        let Some(row) = near(0) else {
            continue;
        };
        let Some(text) = row.message.text.as_ref().map(|text| text.as_str()) else {
            continue;
        };
        let about = AboutMessage::of(row.conversation, &row.message);
        // It may have been edited since.
        if !conditions.hold(&IndexedText::of(text, &about)) {
            continue;
        }
        bytes += row.json_bytes();
        if bytes > page.bytes && !hits.is_empty() {
            return Ok((hits, false));
        }
        hits.push(Hit {
            marks: marks(text, typed.wanted.iter().map(|wanted| &wanted.clause)),
            row: row.clone(),
            before: near(-1).cloned(),
            after: near(1).cloned(),
            cursor: *cursor,
        });
    }
    Ok((hits, true))
}
