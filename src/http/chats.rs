//! `/api/chats`: the conversations, which the wire calls chats.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::engine::Engine;
use crate::actors::messages::CreateChat;
use crate::domain::rates::Act;
use crate::domain::{Change, ChatName, ConversationId, Kind, PrivatePair, Refusal, UserId};
use crate::http::auth::Caller;
use crate::http::body::Body;
use crate::http::page_bytes::{PAGE_BYTES, keep_first};
use crate::http::previews::Preview;
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::accounts;
use crate::store::conversations::{self, Founding, Listing, Seen, Unseen};
use crate::wire::instant::serialize_instant;
use crate::wire::{Code, Problem};

/// A chat to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChat {
    /// `private` holds two members, `group` any number.
    r#type: String,
    /// At most 128 characters; may be empty.
    #[schema(max_length = 128)]
    name: String,
}

/// What to change of a chat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChatChange {
    /// At most 128 characters; may be empty.
    #[schema(max_length = 128)]
    name: String,
}

/// A new chat.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedChat {
    id: i64,
    r#type: &'static str,
    name: String,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
}

/// A chat as the caller sees it. Under `--trust`, where the caller is nobody, it has no `role` and
/// nothing is read or unread.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chat {
    id: i64,
    /// `private`, `group` or `general`.
    r#type: &'static str,
    name: String,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
    /// The caller's: `owner`, `admin`, `member` or `guest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// The last change.
    seq: i64,
    /// The last message.
    n: i64,
    /// The last message that the caller has read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_n: Option<i64>,
    /// How many they have not.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<i64>,
    /// How many of those mention them, of the last thousand.
    #[serde(skip_serializing_if = "Option::is_none")]
    mentions: Option<i64>,
    /// Are they not notified?
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<bool>,
    #[serde(flatten)]
    preview: Preview,
}

impl From<conversations::Chat> for Chat {
    fn from(chat: conversations::Chat) -> Self {
        Self {
            id: chat.id.0,
            r#type: chat.kind.as_str(),
            name: chat.name,
            created_at: chat.created_at,
            role: None,
            seq: chat.head_seq,
            n: chat.head_n,
            read_n: None,
            unread: None,
            mentions: None,
            muted: None,
            preview: Preview::default(),
        }
    }
}

impl From<Listing> for Chat {
    fn from(listing: Listing) -> Self {
        let counters = listing.counters();
        Self {
            role: Some(listing.role.as_str()),
            read_n: Some(counters.read_n),
            unread: Some(counters.unread),
            mentions: Some(counters.mentions),
            muted: Some(listing.muted),
            ..listing.chat.into()
        }
    }
}

/// A page of chats.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chats {
    chats: Vec<Chat>,
    /// If there is more: what to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// The caller's chats, by id; under `--trust` all.
#[utoipa::path(get, path = "/api/chats", tag = "chats",
    params(("after" = Option<i64>, Query), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Chats)))]
pub(crate) async fn list(engine: App, caller: Caller, query: Query) -> Answer {
    let (after, limit) = (ConversationId(query.after()?), query.limit()?);
    let mut chats: Vec<Chat> = match caller.user() {
        Some(user) => listed(&engine, user, after, Unseen::LeftOut, limit.rows()).await?,
        None => {
            let store = engine.store();
            into(conversations::all(store, caller.authority(), after, limit.rows()).await??)
        }
    };
    let more = limit.cut(&mut chats) | keep_first(&mut chats, PAGE_BYTES);
    let next = chats.last().filter(|_| more).map(|last| last.id);
    Ok(HttpResponse::Ok().json(Chats { chats, next }))
}

async fn listed(
    engine: &Engine,
    user: UserId,
    after: ConversationId,
    unseen: Unseen,
    limit: u64,
) -> Result<Vec<Chat>, Problem> {
    let store = engine.store();
    let listings = conversations::of_user(store, user, after, unseen, limit).await?;
    let Some(last) = listings.last().map(|listing| listing.chat.id) else {
        return Ok(Vec::new());
    };
    let mut details = conversations::details(store, user, after, last).await?;
    let with_preview = listings.into_iter().map(|listing| {
        let details = details.remove(&listing.chat.id).unwrap_or_default();
        Chat {
            preview: Preview::from(details),
            ..Chat::from(listing)
        }
    });
    Ok(with_preview.collect())
}

fn into<T: Into<Chat>>(rows: Vec<T>) -> Vec<Chat> {
    rows.into_iter().map(T::into).collect()
}

/// Makes a chat; the caller is its owner.
#[utoipa::path(post, path = "/api/chats", tag = "chats",
    request_body = NewChat, responses((status = 201, body = CreatedChat)))]
pub(crate) async fn create(engine: App, body: Body) -> Answer {
    let (caller, input) = body.json::<NewChat>().await?;
    let kind = Kind::parse(&input.r#type).filter(|kind| *kind != Kind::General);
    let founding = Founding {
        right: caller.right(),
        by: caller.user(),
        kind: kind.ok_or(Refusal::InvalidChatType)?,
        name: ChatName::parse(&input.name)?,
    };
    engine.rate_limits().spend(caller.user(), Act::Chat)?;
    let chat = engine.create_chat(CreateChat(founding)).await?;
    Ok(HttpResponse::Created().json(CreatedChat {
        id: chat.id.0,
        r#type: chat.kind.as_str(),
        name: chat.name,
        created_at: chat.created_at,
    }))
}

/// One chat.
#[utoipa::path(get, path = "/api/chats/{id}", tag = "chats", params(("id" = i64, Path)),
    responses((status = 200, body = Chat)))]
pub(crate) async fn show(engine: App, caller: Caller, id: web::Path<i64>) -> Answer {
    let chat = ConversationId(*id);
    let chat = match caller.user() {
        Some(user) => in_full(&engine, user, chat).await?,
        None => visible(&engine, &caller, chat).await?,
    };
    Ok(HttpResponse::Ok().json(chat))
}

async fn in_full(engine: &Engine, user: UserId, chat: ConversationId) -> Result<Chat, Problem> {
    let before = ConversationId(chat.0.saturating_sub(1));
    let found = listed(engine, user, before, Unseen::Included, 1).await?.pop();
    Ok(found.filter(|found| found.id == chat.0).ok_or(Refusal::ChatNotFound)?)
}

/// The private chat with somebody: 201 if it was made now. There is one for each two people.
#[utoipa::path(post, path = "/api/users/{id}/chat", tag = "chats", params(("id" = i64, Path)),
    responses((status = 200, body = Chat), (status = 201, body = Chat)))]
pub(crate) async fn start_private(engine: App, caller: Caller, id: web::Path<i64>) -> Answer {
    let (by, other) = (caller.user(), UserId(*id));
    let by = by.ok_or_else(|| Problem::new(Code::UNAUTHENTICATED, "nobody has private chats"))?;
    let account = accounts::by_id(engine.store(), other).await?;
    if account.is_none_or(|account| account.deactivated_at.is_some()) {
        return Err(Refusal::UserNotFound.into());
    }
    let pair = PrivatePair::new(by, other)
        .ok_or_else(|| Problem::new(Code::INVALID_QUERY, "this is yourself"))?;
    let before = conversations::between(engine.store(), pair).await?;
    if before.is_none() {
        engine.rate_limits().spend(Some(by), Act::Chat)?;
    }
    let chat = engine.start_private(caller.right(), by, pair).await?;
    let mut response = match before {
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::Created(),
    };
    Ok(response.json(in_full(&engine, by, chat.id).await?))
}

/// Gives a chat another name, by its admins and owners.
#[utoipa::path(patch, path = "/api/chats/{id}", tag = "chats", params(("id" = i64, Path)),
    request_body = ChatChange, responses((status = 200, body = Chat)))]
pub(crate) async fn rename(engine: App, id: web::Path<i64>, body: Body) -> Answer {
    let chat = ConversationId(*id);
    let (caller, input) = body.json::<ChatChange>().await?;
    let by = caller.authority();
    let name = ChatName::parse(&input.name)?;
    engine.rate_limits().spend(caller.user(), Act::Member)?;
    engine.amend(chat, Change::Rename { by, name }).await?;
    Ok(HttpResponse::Ok().json(visible(&engine, &caller, chat).await?))
}

/// Deletes a chat, by its owners. A private one is hidden from the caller until something is said there,
/// and deleted once both have hidden it.
#[utoipa::path(delete, path = "/api/chats/{id}", tag = "chats", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn remove(engine: App, caller: Caller, id: web::Path<i64>) -> Answer {
    delete(&engine, &caller, ConversationId(*id)).await
}

pub(super) async fn delete(engine: &Engine, caller: &Caller, chat: ConversationId) -> Answer {
    let by = caller.authority();
    engine.rate_limits().spend(caller.user(), Act::Member)?;
    if hide(engine, caller, chat).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    engine.amend(chat, Change::DeleteChat { by }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Hides a private chat from the caller; `false` if it is another kind of chat, or the caller is nobody
/// in particular.
pub(super) async fn hide(
    engine: &Engine,
    caller: &Caller,
    chat: ConversationId,
) -> Result<bool, Problem> {
    let Some(user) = caller.user() else {
        return Ok(false);
    };
    let listing = conversations::of_member(engine.store(), chat, user).await?;
    if listing.is_none_or(|listing| listing.chat.kind != Kind::Private) {
        return Ok(false);
    }
    engine.hide(chat, user).await?;
    Ok(true)
}

/// The chat as the caller sees it.
async fn visible(engine: &Engine, caller: &Caller, chat: ConversationId) -> Result<Chat, Problem> {
    let seen = conversations::seen(engine.store(), chat, caller.authority()).await??;
    Ok(match seen {
        Seen::AsMember(listing) => listing.into(),
        Seen::AsOperator(chat) => chat.into(),
    })
}
