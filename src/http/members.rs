//! `/api/chats/{id}/members`: who belongs to a chat, and as what.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::actors::engine::Engine;
use crate::domain::rates::Act;
use crate::domain::{Change, ConversationId, Event, Fact, Refusal, Role, UserId};
use crate::http::auth::Caller;
use crate::http::body::{Body, Id};
use crate::http::chats::hide;
use crate::http::page_bytes::{PAGE_BYTES, keep_first};
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::conversations::{self, MemberRow};
use crate::wire::instant::serialize_instant;
use crate::wire::{Code, Problem};

/// Who is to become a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    user_id: Id,
    /// `owner`, `admin`, `member` (the default) or `guest`, who may only read.
    role: Option<String>,
}

/// What to change of a membership.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    /// `owner`, `admin`, `member` or `guest`.
    role: String,
}

/// A member of a chat.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    user_id: i64,
    username: String,
    /// Shown instead of the username; not in the answer to a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// `owner`, `admin`, `member` or `guest`.
    pub(super) role: &'static str,
    /// Their account has ended: they neither read nor write any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    /// When they joined; not in the answer to a change of role.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_instant")]
    joined_at: Option<DateTime<Utc>>,
}

pub(super) fn optional_instant<S: Serializer>(
    at: &Option<DateTime<Utc>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serialize_instant(at, to),
        None => to.serialize_none(),
    }
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            user_id: row.user.0,
            username: row.username,
            display_name: row.display_name,
            role: row.role.as_str(),
            deleted: row.is_deleted,
            joined_at: Some(row.joined_at),
        }
    }
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(crate) struct Members {
    members: Vec<Member>,
    /// If there is more: what to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// The members of a chat, by id.
#[utoipa::path(get, path = "/api/chats/{id}/members", tag = "members",
    params(("id" = i64, Path), ("after" = Option<i64>, Query),
           ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Members)))]
pub(crate) async fn list(engine: App, caller: Caller, id: web::Path<i64>, query: Query) -> Answer {
    let chat = ConversationId(*id);
    let (after, limit) = (UserId(query.after()?), query.limit()?);
    let rows = conversations::members(engine.store(), chat, after, limit.rows()).await?;
    let mut rows = rows.authorize(engine.store(), caller.authority()).await??;
    let more = limit.cut(&mut rows);
    let mut members: Vec<_> = rows.into_iter().map(Member::from).collect();
    let more = keep_first(&mut members, PAGE_BYTES) | more;
    let next = members.last().filter(|_| more).map(|last| last.user_id);
    Ok(HttpResponse::Ok().json(Members { members, next }))
}

/// Adds a member, by the chat's admins and owners.
#[utoipa::path(post, path = "/api/chats/{id}/members", tag = "members", params(("id" = i64, Path)),
    request_body = NewMember, responses((status = 201, body = Member)))]
pub(crate) async fn join(engine: App, id: web::Path<i64>, body: Body) -> Answer {
    let (caller, input) = body.json::<NewMember>().await?;
    let user = UserId(input.user_id.get());
    let member = add(&engine, &caller, ConversationId(*id), user, input.role).await?;
    Ok(HttpResponse::Created().json(member))
}

/// Gives a member another role, by the chat's admins and owners.
#[utoipa::path(patch, path = "/api/chats/{id}/members/{user_id}", tag = "members",
    params(("id" = i64, Path), ("user_id" = i64, Path)),
    request_body = MemberChange, responses((status = 200, body = Member)))]
pub(crate) async fn change(engine: App, path: web::Path<(i64, i64)>, body: Body) -> Answer {
    let (chat, user) = path.into_inner();
    let (caller, input) = body.json::<MemberChange>().await?;
    let change = Change::SetRole {
        by: caller.authority(),
        user: UserId(user),
        role: parse(&input.role)?,
    };
    engine.rate_limits().spend(caller.user(), Act::Member)?;
    let event = engine.amend(ConversationId(chat), change).await?;
    Ok(HttpResponse::Ok().json(member(event)?))
}

/// Removes a member, by the chat's admins and owners; or leaves, if it is oneself. A private chat is
/// hidden instead of left. Their sockets
/// close, and they receive nothing that comes after.
#[utoipa::path(delete, path = "/api/chats/{id}/members/{user_id}", tag = "members",
    params(("id" = i64, Path), ("user_id" = i64, Path)), responses((status = 204)))]
pub(crate) async fn leave(engine: App, caller: Caller, path: web::Path<(i64, i64)>) -> Answer {
    let (chat, user) = path.into_inner();
    remove(&engine, &caller, ConversationId(chat), UserId(user)).await
}

fn parse(role: &str) -> Result<Role, Refusal> {
    Role::parse(role).ok_or(Refusal::InvalidRole)
}

pub(super) async fn add(
    engine: &Engine,
    caller: &Caller,
    chat: ConversationId,
    user: UserId,
    role: Option<String>,
) -> Result<Member, Problem> {
    let change = Change::Join {
        by: caller.authority(),
        user,
        role: role.as_deref().map_or(Ok(Role::Member), parse)?,
    };
    engine.rate_limits().spend(caller.user(), Act::Member)?;
    member(engine.amend(chat, change).await?)
}

pub(super) async fn remove(
    engine: &Engine,
    caller: &Caller,
    chat: ConversationId,
    user: UserId,
) -> Answer {
    let by = caller.authority();
    engine.rate_limits().spend(caller.user(), Act::Member)?;
    if caller.user() == Some(user) && hide(engine, caller, chat).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    engine.amend(chat, Change::Leave { by, user }).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn member(event: Option<Arc<Event>>) -> Result<Member, Problem> {
    let joined_at = event.as_ref().map(|event| event.at);
    let (user, username, display_name, role, joined_at) =
        match event.as_ref().map(|event| &event.fact) {
            Some(Fact::Joined {
                user,
                username,
                display_name,
                role,
            }) => (user, username, display_name, role, joined_at),
            Some(Fact::RoleChanged {
                user,
                username,
                display_name,
                role,
            }) => (user, username, display_name, role, None),
            _ => {
                log::error!("a change of members came to nothing: {event:?}");
                return Err(Problem::new(Code::INTERNAL, "the server failed; its log says why"));
            }
        };
    Ok(Member {
        user_id: user.0,
        username: username.to_string(),
        display_name: display_name.as_deref().map(Into::into),
        role: role.as_str(),
        deleted: false,
        joined_at,
    })
}
