//! `/api/chats/{id}/read` and its kin: what the caller has read, and whether they are notified.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actors::engine::Engine;
use crate::domain::rates::Act;
use crate::domain::{ConversationId, ReadCommand, Refusal};
use crate::http::auth::Caller;
use crate::http::body::Body;
use crate::http::{Answer, App};
use crate::wire::server::Counters;
use crate::wire::{Problem, integer};

/// A place in a chat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpTo {
    /// The number of a message.
    #[serde(deserialize_with = "integer::required")]
    n: i64,
}

/// Whether to be notified.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mute {
    muted: bool,
}

/// Nobody in particular has read nothing.
async fn put(
    engine: &Engine,
    caller: &Caller,
    chat: web::Path<i64>,
    command: ReadCommand,
) -> Result<Counters, Problem> {
    let user = caller.user().ok_or(Refusal::ChatNotFound)?;
    engine.rate_limits().spend(Some(user), Act::ReadCommand)?;
    let counters = engine
        .read_command(ConversationId(*chat), user, caller.token(), command)
        .await?;
    Ok(counters.ok_or(Refusal::ChatNotFound)?)
}

/// Marks everything up to message `n` as read; never goes back.
#[utoipa::path(put, path = "/api/chats/{id}/read", tag = "chats", params(("id" = i64, Path)),
    request_body = UpTo, responses((status = 200, body = Counters)))]
pub(crate) async fn read(engine: App, id: web::Path<i64>, body: Body) -> Answer {
    let (caller, input) = body.json::<UpTo>().await?;
    Ok(HttpResponse::Ok().json(put(&engine, &caller, id, ReadCommand::Read(input.n)).await?))
}

/// Marks message `n` and everything after it as unread.
#[utoipa::path(put, path = "/api/chats/{id}/unread", tag = "chats", params(("id" = i64, Path)),
    request_body = UpTo, responses((status = 200, body = Counters)))]
pub(crate) async fn unread(engine: App, id: web::Path<i64>, body: Body) -> Answer {
    let (caller, input) = body.json::<UpTo>().await?;
    Ok(HttpResponse::Ok().json(put(&engine, &caller, id, ReadCommand::Unread(input.n)).await?))
}

/// Has the caller notified of a chat no longer, or again.
#[utoipa::path(put, path = "/api/chats/{id}/mute", tag = "chats", params(("id" = i64, Path)),
    request_body = Mute, responses((status = 204)))]
pub(crate) async fn mute(engine: App, id: web::Path<i64>, body: Body) -> Answer {
    let (caller, input) = body.json::<Mute>().await?;
    put(&engine, &caller, id, ReadCommand::Mute(input.muted)).await?;
    Ok(HttpResponse::NoContent().finish())
}
