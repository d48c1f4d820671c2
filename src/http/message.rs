//! `/api/chats/{id}/messages/{message_id}`: one message, and what is done to it.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::engine::Engine;
use crate::domain::rates::Act;
use crate::domain::{Change, ConversationId, Emoji, MessageId, NewText, Refusal};
use crate::http::auth::Caller;
use crate::http::body::Body;
use crate::http::messages::bodies;
use crate::http::page_bytes::{PAGE_BYTES, keep_first};
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::messages::{self, MessageRow};
use crate::wire::instant::serialize_instant;
use crate::wire::message::MessageBody;

/// What a message is to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageChange {
    /// 1 to 16384 bytes.
    content: String,
}

/// What a message said, oldest first; the last one of the last page is what it says now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Versions {
    versions: Vec<Version>,
    /// If there is more: what to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// What a message said once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Version {
    /// Of the change that wrote it.
    #[serde(skip)]
    seq: i64,
    content: String,
    #[serde(serialize_with = "serialize_instant")]
    created_at: chrono::DateTime<chrono::Utc>,
}

/// The pinned messages of a chat, the last that was pinned first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pins<'a> {
    messages: Vec<MessageBody<'a>>,
    /// If there is more: the id to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

type Ids = web::Path<(i64, i64)>;

fn ids(path: Ids) -> (ConversationId, MessageId) {
    let (chat, message) = path.into_inner();
    (ConversationId(chat), MessageId(message))
}

/// One message.
#[utoipa::path(get, path = "/api/chats/{id}/messages/{message_id}", tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path)),
    responses((status = 200, body = MessageBody<'static>)))]
pub(crate) async fn show(engine: App, caller: Caller, path: Ids) -> Answer {
    let (chat, message) = ids(path);
    answer(&engine, &caller, chat, message).await
}

async fn answer(
    engine: &Engine,
    caller: &Caller,
    chat: ConversationId,
    message: MessageId,
) -> Answer {
    let found = messages::by_id(engine.store(), chat, message).await?;
    let found = found.authorize(engine.store(), caller.authority()).await??;
    let body = bodies(&found.rows, &found.annotations).pop().ok_or(Refusal::MessageNotFound)?;
    Ok(HttpResponse::Ok().json(body))
}

async fn amend(engine: &Engine, caller: &Caller, chat: ConversationId, change: Change) -> Answer {
    let text = change.text().map_or(0, |text| text.bytes());
    engine.rate_limits().spend(caller.user(), Act::Message)?;
    engine.rate_limits().spend_many(caller.user(), Act::Text, text)?;
    engine.amend(chat, change).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lets one's own message say something else.
#[utoipa::path(patch, path = "/api/chats/{id}/messages/{message_id}", tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path)), request_body = MessageChange,
    responses((status = 200, body = MessageBody<'static>)))]
pub(crate) async fn edit(engine: App, path: Ids, body: Body) -> Answer {
    let (chat, message) = ids(path);
    let (caller, input) = body.json::<MessageChange>().await?;
    let (by, text) = (caller.authority(), NewText::parse(&input.content)?);
    amend(&engine, &caller, chat, Change::Edit { by, message, text }).await?;
    answer(&engine, &caller, chat, message).await
}

/// Deletes a message: one's own, or anybody's by the chat's admins and owners. Nothing of its content
/// is kept.
#[utoipa::path(delete, path = "/api/chats/{id}/messages/{message_id}", tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path)), responses((status = 204)))]
pub(crate) async fn remove(engine: App, caller: Caller, path: Ids) -> Answer {
    let (chat, message) = ids(path);
    let by = caller.authority();
    amend(&engine, &caller, chat, Change::Delete { by, message }).await
}

/// What a message said before it was edited, for the server's administrators who are members of its
/// chat.
#[utoipa::path(get, path = "/api/chats/{id}/messages/{message_id}/versions", tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path), ("after" = Option<i64>, Query),
           ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Versions)))]
pub(crate) async fn versions(engine: App, caller: Caller, path: Ids, query: Query) -> Answer {
    let (chat, message) = ids(path);
    let (after, limit) = (query.after()?, query.limit()?);
    let store = engine.store();
    let found = messages::versions(store, chat, message, after, limit.rows()).await?;
    let (former, now) = found.authorize(store, caller.authority()).await??;
    if !caller.is_operator() {
        return Err(Refusal::Forbidden.into());
    }
    let mut versions = said(former, now.ok_or(Refusal::MessageNotFound)?);
    versions.retain(|version| version.seq > after);
    let more = limit.cut(&mut versions) | keep_first(&mut versions, PAGE_BYTES);
    let next = versions.last().filter(|_| more).map(|version| version.seq);
    Ok(HttpResponse::Ok().json(Versions { versions, next }))
}

/// All that a message says now and said before. It was read in two steps: of one that is deleted
/// there is nothing, whatever the first found.
fn said(former: Vec<messages::Version>, row: MessageRow) -> Vec<Version> {
    let now = row.message;
    let Some(text) = now.text else {
        return Vec::new();
    };
    let former = former.into_iter().filter(|version| version.seq < row.seq);
    let former = former.map(|version| Version {
        seq: version.seq,
        content: version.content,
        created_at: version.created_at,
    });
    let latest = Version {
        seq: row.seq,
        content: text.as_str().to_owned(),
        created_at: now.edited_at.unwrap_or(now.created_at),
    };
    former.chain([latest]).collect()
}

/// Adds the caller's reaction to a message.
#[utoipa::path(put, path = "/api/chats/{id}/messages/{message_id}/reactions/{emoji}",
    tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path), ("emoji" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn react(
    engine: App,
    caller: Caller,
    path: web::Path<(i64, i64, String)>,
) -> Answer {
    set_reaction(&engine, &caller, path, true).await
}

/// Takes the caller's reaction back.
#[utoipa::path(delete, path = "/api/chats/{id}/messages/{message_id}/reactions/{emoji}",
    tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path), ("emoji" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn take_back(
    engine: App,
    caller: Caller,
    path: web::Path<(i64, i64, String)>,
) -> Answer {
    set_reaction(&engine, &caller, path, false).await
}

async fn set_reaction(
    engine: &Engine,
    caller: &Caller,
    path: web::Path<(i64, i64, String)>,
    on: bool,
) -> Answer {
    let (chat, message, emoji) = path.into_inner();
    let emoji = match on {
        true => Emoji::parse(&emoji)?,
        false => Emoji::of_reaction(&emoji)?,
    };
    let change = Change::React {
        user: caller.user().ok_or(Refusal::NotMember)?,
        device: caller.token(),
        message: MessageId(message),
        emoji,
        on,
    };
    amend(engine, caller, ConversationId(chat), change).await
}

/// Pins a message, by the chat's admins and owners; in a private chat by both.
#[utoipa::path(put, path = "/api/chats/{id}/pins/{message_id}", tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path)), responses((status = 204)))]
pub(crate) async fn pin(engine: App, caller: Caller, path: Ids) -> Answer {
    set_pin(&engine, &caller, path, true).await
}

/// Unpins a message.
#[utoipa::path(delete, path = "/api/chats/{id}/pins/{message_id}", tag = "messages",
    params(("id" = i64, Path), ("message_id" = i64, Path)), responses((status = 204)))]
pub(crate) async fn unpin(engine: App, caller: Caller, path: Ids) -> Answer {
    set_pin(&engine, &caller, path, false).await
}

async fn set_pin(engine: &Engine, caller: &Caller, path: Ids, on: bool) -> Answer {
    let (chat, message) = ids(path);
    let by = caller.authority();
    amend(engine, caller, chat, Change::Pin { by, message, on }).await
}

/// The pinned messages, the last that was pinned first; there are a hundred at most, and where those are
/// long a page ends before.
#[utoipa::path(get, path = "/api/chats/{id}/pins", tag = "messages",
    params(("id" = i64, Path), ("after" = Option<i64>, Query)),
    responses((status = 200, body = Pins<'static>)))]
pub(crate) async fn pins(engine: App, caller: Caller, id: web::Path<i64>, query: Query) -> Answer {
    let chat = ConversationId(*id);
    let after = query.number("after")?.map(MessageId);
    let pinned = messages::pinned(engine.store(), chat, after).await?;
    let pinned = pinned.authorize(engine.store(), caller.authority()).await??;
    let mut messages = bodies(&pinned.rows, &pinned.annotations);
    let more = keep_first(&mut messages, PAGE_BYTES);
    let next = pinned.rows.get(messages.len().saturating_sub(1)).filter(|_| more);
    let next = next.map(|row| row.message.id.0);
    Ok(HttpResponse::Ok().json(Pins { messages, next }))
}
