//! `GET /api/search`: the messages that somebody looks for, in the chats that they belong to.

use std::str::FromStr;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::MessageText;
use crate::domain::event::AnnotationsByMessage;
use crate::domain::rates::Act;
use crate::domain::search::{SearchCursor, parse};
use crate::http::auth::Caller;
use crate::http::page_bytes::{PAGE_BYTES, keep_first};
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::messages::MessageRow;
use crate::store::search::{self, Hit, SearchPage, Sort};
use crate::wire::message::MessageBody;
use crate::wire::{Code, Problem};

/// Characters of the messages around a hit.
pub(crate) const CONTEXT_CHARS: usize = 200;

/// What was found, in the order that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchResults<'a> {
    results: Vec<SearchResult<'a>>,
    /// If there is more: what to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Is the index still being made, so that older messages may be missing?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    indexing: bool,
}

/// A message that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchResult<'a> {
    /// Where it was said.
    chat_id: i64,
    message: MessageBody<'a>,
    /// Where in `content` the words are: begins and ends in UTF-16 units.
    #[schema(value_type = Vec<Vec<u32>>)]
    marks: &'a [(usize, usize)],
    /// The message before it, of which `content` is one line; none if that was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<MessageBody<'a>>,
    /// The message behind it, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<MessageBody<'a>>,
    #[serde(skip)]
    cursor: SearchCursor,
}

fn result<'a>(hit: &'a Hit, annotations: &'a AnnotationsByMessage) -> SearchResult<'a> {
    let body = |row: &'a MessageRow, is_hit: bool| {
        let annotations = annotations.get(&row.message.id).filter(|_| is_hit);
        MessageBody::new(row.conversation, row.seq, &row.message, annotations)
    };
    SearchResult {
        chat_id: hit.row.conversation.0,
        message: body(&hit.row, true),
        marks: &hit.marks,
        before: hit.before.as_ref().map(|row| body(row, false)),
        after: hit.after.as_ref().map(|row| body(row, false)),
        cursor: hit.cursor,
    }
}

/// Finds messages in the caller's chats, by their words and by filters; the newest or the best first.
#[utoipa::path(get, path = "/api/search", tag = "messages",
    params(("q" = String, Query, description = "Words, \"phrases\", -words, and filters like from:anna"),
           ("sort" = Option<String>, Query, description = "The newest first, or the best"),
           ("after" = Option<String>, Query, description = "The `next` of the page before"),
           ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = SearchResults<'static>)))]
pub(crate) async fn search(engine: App, caller: Caller, query: Query) -> Answer {
    let reader = caller.user().ok_or_else(|| {
        Problem::new(Code::UNAUTHENTICATED, "nobody in particular has no chats to search")
    })?;
    let page = page(&query)?;
    let typed = parse(query.get("q").unwrap_or_default());
    let typed = typed.map_err(|error| invalid(error.to_string()))?;
    engine.rate_limits().spend(Some(reader), Act::Search)?;
    let _permit = engine.search_permit().await?;
    let found = search::find(engine.store(), reader, &typed, page).await?;
    let mut found = found.map_err(|error| invalid(error.to_string()))?;
    for hit in &mut found.hits {
        hit.before.iter_mut().chain(&mut hit.after).for_each(shorten);
    }
    let results = found.hits.iter().map(|hit| result(hit, &found.annotations));
    let mut results: Vec<_> = results.collect();
    let next = match keep_first(&mut results, PAGE_BYTES) {
        true => results.last().map(|last| last.cursor),
        false => found.next,
    };
    Ok(HttpResponse::Ok().json(SearchResults {
        next: next.map(|next| next.to_string()),
        indexing: found.is_behind,
        results,
    }))
}

fn invalid(text: impl Into<String>) -> Problem {
    Problem::new(Code::INVALID_QUERY, text)
}

fn page(query: &Query) -> Result<SearchPage, Problem> {
    let sort = match query.get("sort") {
        None | Some("" | "newest") => Sort::Newest,
        Some("best") => Sort::Best,
        Some(_) => return Err(invalid("sort must be newest or best")),
    };
    let after = query.text("after").map(SearchCursor::from_str).transpose();
    let after = after.map_err(|()| invalid("after must be the next of the page before"))?;
    let is_of_sort = match after {
        Some(SearchCursor::Newest(_)) => sort == Sort::Newest,
        Some(SearchCursor::Best(..)) => sort == Sort::Best,
        None => true,
    };
    if !is_of_sort {
        return Err(invalid("after is of a page in another order; say the same sort"));
    }
    Ok(SearchPage {
        sort,
        limit: query.limit()?.items(),
        bytes: PAGE_BYTES,
        after,
    })
}

/// One line of a message.
fn shorten(row: &mut MessageRow) {
    let Some(text) = &row.message.text else {
        return;
    };
    let words = text.as_str().split_whitespace();
    let line: String =
        words.flat_map(|word| word.chars().chain([' '])).take(CONTEXT_CHARS).collect();
    row.message.text = MessageText::parse(line.trim_end()).ok();
}
