//! `/api/chats/{id}/read` and its kin: what the caller has read, and whether they are notified.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::{ConversationId, Refusal, UserId};
use crate::http::auth::Caller;
use crate::http::body::Body;
use crate::http::{Answer, App};
use crate::store::conversations::Listing;
use crate::wire::Problem;
use crate::wire::server::Counters;

/// A place in a chat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The number of a message.
    n: i64,
}

/// Whether to be notified.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    muted: bool,
}

/// Nobody in particular has read nothing.
fn reader(caller: &Caller) -> Result<UserId, Problem> {
    Ok(caller.user().ok_or(Refusal::ChatNotFound)?)
}

fn answer(listing: Option<Listing>) -> Answer {
    let listing = listing.ok_or(Refusal::ChatNotFound)?;
    Ok(HttpResponse::Ok().json(listing.counters()))
}

/// Marks everything up to message `n` as read; never goes back.
#[utoipa::path(put, path = "/api/chats/{id}/read", tag = "chats", params(("id" = i64, Path)),
    request_body = Position, responses((status = 200, body = Counters)))]
pub async fn read(engine: App, caller: Caller, id: web::Path<i64>, body: Body) -> Answer {
    let input: Position = body.json().await?;
    answer(engine.mark_read(ConversationId(*id), reader(&caller)?, input.n).await?)
}

/// Marks message `n` and everything after it as unread.
#[utoipa::path(put, path = "/api/chats/{id}/unread", tag = "chats", params(("id" = i64, Path)),
    request_body = Position, responses((status = 200, body = Counters)))]
pub async fn unread(engine: App, caller: Caller, id: web::Path<i64>, body: Body) -> Answer {
    let input: Position = body.json().await?;
    answer(engine.mark_unread(ConversationId(*id), reader(&caller)?, input.n).await?)
}

/// Has the caller notified of a chat no longer, or again.
#[utoipa::path(put, path = "/api/chats/{id}/mute", tag = "chats", params(("id" = i64, Path)),
    request_body = Mute, responses((status = 204)))]
pub async fn mute(engine: App, caller: Caller, id: web::Path<i64>, body: Body) -> Answer {
    let input: Mute = body.json().await?;
    engine.mute(ConversationId(*id), reader(&caller)?, input.muted).await?;
    Ok(HttpResponse::NoContent().finish())
}
