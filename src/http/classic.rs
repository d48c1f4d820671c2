//! The routes of the two servers that this one replaces, for ever: Corp Messenger's verbs, and Chat
//! Gopher's messages in General. Each is another name for what the resources do.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::change::Post;
use crate::domain::event::Message;
use crate::domain::{ConversationId, MessageText, NewText, UserId};
use crate::http::accounts::{self, AccountChange, Farewell};
use crate::http::auth::Caller;
use crate::http::body::{Body, Id};
use crate::http::messages::{key, post_to, posted};
use crate::http::query::Query;
use crate::http::{Answer, App, chats, members};
use crate::store::StoreError;
use crate::store::accounts::administrators::LastAdmin;
use crate::store::messages::{self, Span, SpanBounds, TimeKey};
use crate::wire::instant::serialize_instant;
use crate::wire::{Code, Problem, integer};

/// How much of General one request gets.
const SPAN: SpanBounds = SpanBounds {
    messages: 10_000,
    bytes: 8 << 20,
};

/// Messages of a span that are read and told at once: so many at first, and at most, and as many as
/// make some such number of bytes.
const STEP: usize = 8;
const MOST: usize = 256;
const PIECE: usize = 64 << 10;

/// Set to `true` on an answer that had to end before `to`.
const TRUNCATED: &str = "x-truncated";

/// What to change of which account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserUpdate {
    id: Id,
    username: Option<String>,
    password: Option<String>,
    email: Option<String>,
    /// The password until now: for a new password or address of one's own.
    current_password: Option<String>,
}

/// Which account, and the password if it is one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leaver {
    id: Id,
    /// Only in the body: what stands in a URL is written down on the way.
    current_password: Option<String>,
}

impl From<ById> for Leaver {
    fn from(ById { id }: ById) -> Self {
        Self {
            id,
            current_password: None,
        }
    }
}

/// The id of a chat or an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ById {
    id: Id,
}

/// Who is to become a member of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Membership {
    conversation_id: Id,
    user_id: Id,
    /// `owner`, `admin`, `member` (the default) or `guest`, who may only read.
    role: Option<String>,
}

/// Who became a member of what.
#[derive(Serialize, ToSchema)]
pub(crate) struct Added {
    conversation_id: i64,
    user_id: i64,
    role: &'static str,
}

/// Who is to leave what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Departure {
    conversation_id: Id,
    user_id: Id,
}

/// Changes an account: one's own, or any by an administrator.
#[utoipa::path(put, path = "/updateUser", tag = "classic",
    request_body = UserUpdate, responses((status = 200, body = accounts::User)))]
pub(crate) async fn update_user(request: HttpRequest, engine: App, body: Body) -> Answer {
    let (caller, input) = body.json::<UserUpdate>().await?;
    let change = AccountChange {
        username: input.username,
        password: input.password,
        email: input.email,
        display_name: None,
        current_password: input.current_password,
    };
    accounts::update(&engine, &caller, UserId(input.id.get()), &request, change).await
}

/// Deletes an account: one's own, with the current password, or any by an administrator. The id may
/// stand in the query instead.
#[utoipa::path(delete, path = "/deleteUser", tag = "classic",
    request_body = Leaver, responses((status = 204)))]
pub(crate) async fn delete_user(request: HttpRequest, engine: App, body: Body) -> Answer {
    let (caller, input) = body.json_or_query::<Leaver, ById>().await?;
    // Corp Messenger's promise is 204, and the command line makes another administrator.
    let user = UserId(input.id.get());
    let farewell = Farewell {
        current_password: input.current_password,
    };
    accounts::delete(&engine, &caller, user, &request, farewell, LastAdmin::MayGo).await
}

/// Makes a chat; the caller is its owner.
#[utoipa::path(post, path = "/createChat", tag = "classic",
    request_body = chats::NewChat, responses((status = 201, body = chats::CreatedChat)))]
pub(crate) async fn create_chat(engine: App, body: Body) -> Answer {
    chats::create(engine, body).await
}

/// Deletes a chat, by its owners. The fields may stand in the query instead.
#[utoipa::path(delete, path = "/deleteChat", tag = "classic",
    request_body = ById, responses((status = 204)))]
pub(crate) async fn delete_chat(engine: App, body: Body) -> Answer {
    let (caller, input) = body.json_or_query::<ById, ById>().await?;
    chats::delete(&engine, &caller, ConversationId(input.id.get())).await
}

/// Adds a member to a chat, by its admins and owners.
#[utoipa::path(post, path = "/addMember", tag = "classic",
    request_body = Membership, responses((status = 201, body = Added)))]
pub(crate) async fn add_member(engine: App, body: Body) -> Answer {
    let (caller, input) = body.json::<Membership>().await?;
    let (chat, user) = (input.conversation_id.get(), input.user_id.get());
    let member = members::add(&engine, &caller, ConversationId(chat), UserId(user), input.role);
    Ok(HttpResponse::Created().json(Added {
        conversation_id: chat,
        user_id: user,
        role: member.await?.role,
    }))
}

/// Removes a member from a chat, by its admins and owners; or leaves, if it is oneself. The fields
/// may stand in the query instead.
#[utoipa::path(delete, path = "/removeMember", tag = "classic",
    request_body = Departure, responses((status = 204)))]
pub(crate) async fn remove_member(engine: App, body: Body) -> Answer {
    let (caller, input) = body.json_or_query::<Departure, Departure>().await?;
    let chat = ConversationId(input.conversation_id.get());
    members::remove(&engine, &caller, chat, UserId(input.user_id.get())).await
}

/// Something to tell everybody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announcement {
    /// The client's own number, kept and returned as it came.
    #[serde(default, deserialize_with = "integer::optional")]
    sequence: Option<i64>,
    /// 1 to 16384 bytes.
    text: String,
    /// With it, or with `Idempotency-Key`, the request may be repeated and is stored once.
    #[schema(max_length = 64)]
    client_msg_id: Option<String>,
}

/// Something that was told to everybody.
#[derive(Serialize, ToSchema)]
pub(crate) struct Announced {
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
    id: i64,
    sequence: Option<i64>,
    text: String,
}

impl From<&Message> for Announced {
    fn from(message: &Message) -> Self {
        Self {
            created_at: message.created_at,
            id: message.id.0,
            sequence: message.sequence,
            text: message.text.as_ref().map_or("", MessageText::as_str).to_owned(),
        }
    }
}

/// Stores a message in General and sends it to every connected client.
#[utoipa::path(post, path = "/api/messages", tag = "classic",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = Announcement, responses((status = 200, body = Announced)))]
pub(crate) async fn announce(request: HttpRequest, engine: App, body: Body) -> Answer {
    let (caller, input) = body.json::<Announcement>().await?;
    let post = Post {
        by: caller.authority(),
        text: NewText::parse(&input.text)?,
        client_msg_id: key(input.client_msg_id.as_deref(), request.headers())?,
        reply_to: None,
        uploads: Vec::new(),
        sequence: input.sequence,
    };
    let (event, _) = post_to(&engine, ConversationId::GENERAL, post).await?;
    Ok(HttpResponse::Ok().json(Announced::from(posted(&event)?)))
}

/// What was said in General between two instants, both inclusive, by time: at most 10,000 messages
/// or 8 MiB of text. `X-Truncated: true` says that there is more: ask again from the last
/// `created_at`, and drop the ids that are there already.
#[utoipa::path(get, path = "/api/messages", tag = "classic",
    params(("from" = String, Query, format = DateTime), ("to" = String, Query, format = DateTime)),
    responses((status = 200, body = Vec<Announced>)))]
pub(crate) async fn announcements(engine: App, caller: Caller, query: Query) -> Answer {
    let (from, to) = (query.instant("from")?, query.instant("to")?);
    if from > to {
        return Err(Problem::new(Code::INVALID_QUERY, "from is after to"));
    }
    let span = messages::span_of_general(engine.store(), from, to, SPAN).await?;
    let span = span.authorize(engine.store(), caller.authority()).await??;
    let mut response = HttpResponse::Ok();
    if !span.is_whole() {
        response.insert_header((TRUNCATED, "true"));
    }
    response.content_type(ContentType::json());
    let Some(end) = span.last() else {
        return Ok(response.body("[]"));
    };
    let reading = Reading {
        engine,
        span,
        end,
        last: None,
        step: STEP,
    };
    Ok(response.streaming(stream::try_unfold(Some(reading), next_piece)))
}

/// A span that is told as it is read: of a long one only a piece is in memory.
struct Reading {
    engine: App,
    span: Span,
    /// The last message that is told.
    end: TimeKey,
    /// The last that was told.
    last: Option<TimeKey>,
    /// Messages in the next piece.
    step: usize,
}

type Piece = Result<Option<(Bytes, Option<Reading>)>, StoreError>;

async fn next_piece(reading: Option<Reading>) -> Piece {
    let Some(mut reading) = reading else {
        return Ok(None);
    };
    let store = reading.engine.store();
    let rows = reading.span.step(store, reading.last, reading.step).await?;
    let mut piece = Vec::new();
    let mut is_over = rows.len() < reading.step;
    for row in &rows {
        let place = (row.message.created_at, row.message.n);
        if place > reading.end {
            is_over = true;
            break;
        }
        piece.push(if reading.last.is_some() { b',' } else { b'[' });
        if serde_json::to_writer(&mut piece, &Announced::from(&row.message)).is_err() {
            return Err(StoreError::Rejected("a message cannot be written".into()));
        }
        reading.last = Some(place);
        is_over |= place == reading.end;
    }
    // As many as make a piece, as long as they are about as long.
    reading.step = match piece.len() < PIECE {
        true => (2 * reading.step).min(MOST),
        false => (reading.step / 2).max(1),
    };
    if is_over {
        if reading.last.is_none() {
            piece.push(b'[');
        }
        piece.push(b']');
    }
    Ok(Some((piece.into(), (!is_over).then_some(reading))))
}
