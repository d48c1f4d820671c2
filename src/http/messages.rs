//! `/api/chats/{id}/messages`: what was said, and saying something.

use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::engine::Engine;
use crate::domain::change::{Post, Settled};
use crate::domain::{ClientMsgId, ConversationId, Event, MessageText};
use crate::http::auth::Caller;
use crate::http::body::Body;
use crate::http::chats::visible;
use crate::http::problem::in_chat;
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::messages::{self, MessageRow, Page};
use crate::wire::server::serialize_instant;
use crate::wire::{Code, Problem};

/// The header that may carry the key of a send instead of `client_msg_id`.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A message to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// 1 to 16384 bytes.
    content: String,
    /// With it, or with `Idempotency-Key`, the send may be repeated for ever and is stored once.
    #[schema(max_length = 64)]
    client_msg_id: Option<String>,
}

/// A message: the fields of the socket's `message` frame.
#[derive(Serialize, ToSchema)]
pub struct Message {
    chat_id: i64,
    /// Its place among all changes of the chat.
    seq: i64,
    /// Its number among the messages of the chat.
    n: i64,
    pub(super) id: i64,
    /// `null` for nobody in particular.
    user_id: Option<i64>,
    username: String,
    /// Empty once it is deleted.
    pub(super) content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_msg_id: Option<String>,
    /// Chat Gopher's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sequence: Option<i64>,
    #[serde(serialize_with = "serialize_instant")]
    pub(super) created_at: DateTime<Utc>,
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        Self {
            chat_id: row.conversation.0,
            seq: row.seq,
            n: row.n,
            id: row.id.0,
            user_id: row.user.map(|user| user.0),
            username: row.username,
            content: row.content,
            client_msg_id: row.client_msg_id,
            sequence: row.sequence,
            created_at: row.created_at,
        }
    }
}

impl Message {
    fn of(chat: ConversationId, event: &Event) -> Result<Self, Problem> {
        let message = event.message().ok_or_else(|| {
            log::error!("change {} of chat {chat} is no message", event.seq);
            Problem::new(Code::INTERNAL, "the server failed; its log says why")
        })?;
        Ok(Self {
            chat_id: chat.0,
            seq: event.seq,
            n: message.n,
            id: message.id.0,
            user_id: message.sender.map(|user| user.0),
            username: message.username.to_string(),
            content: message.text.as_ref().map_or("", MessageText::as_str).to_owned(),
            client_msg_id: message.client_msg_id.as_ref().map(|key| key.as_str().to_owned()),
            sequence: message.sequence,
            created_at: event.at,
        })
    }
}

/// A message that is stored.
#[derive(Serialize, ToSchema)]
pub struct Sent {
    #[serde(flatten)]
    pub(super) message: Message,
    /// Was it stored before, under the same key?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dup: bool,
}

/// A page of messages by ascending `n`.
#[derive(Serialize, ToSchema)]
pub struct Messages {
    messages: Vec<Message>,
    /// If there is more: the `n` to pass as `before`, or as `after` if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// What was said: the newest page, or the one just before or after a number.
#[utoipa::path(get, path = "/api/chats/{id}/messages", tag = "messages",
    params(("id" = i64, Path), ("before" = Option<i64>, Query), ("after" = Option<i64>, Query),
           ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Messages)))]
pub async fn list(engine: App, caller: Caller, id: web::Path<i64>, query: Query) -> Answer {
    let chat = ConversationId(*id);
    let (page, limit) = (page(&query)?, query.limit()?);
    let mut rows = messages::page(engine.store(), chat, page, limit.rows()).await?;
    // After the reading: whoever is a member now was one when it was read.
    visible(&engine, &caller, chat).await?;
    let next = match page {
        Page::After(_) => limit.cut(&mut rows).then(|| rows.last()),
        Page::Before(_) | Page::Newest => limit.cut_front(&mut rows).then(|| rows.first()),
    };
    let next = next.flatten().map(|message| message.n);
    let messages = rows.into_iter().map(Message::from).collect();
    Ok(HttpResponse::Ok().json(Messages { messages, next }))
}

fn page(query: &Query) -> Result<Page, Problem> {
    match (query.number("before")?, query.number("after")?) {
        (None, None) => Ok(Page::Newest),
        (Some(n), None) => Ok(Page::Before(n)),
        (None, Some(n)) => Ok(Page::After(n)),
        (Some(_), Some(_)) => {
            Err(Problem::new(Code::INVALID_QUERY, "before and after exclude each other"))
        }
    }
}

/// Says something. 201 once it is durable; 200 with `dup` for a repeated key.
#[utoipa::path(post, path = "/api/chats/{id}/messages", tag = "messages",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewMessage,
    responses((status = 201, body = Sent), (status = 200, body = Sent)))]
pub async fn send(
    request: HttpRequest,
    engine: App,
    caller: Caller,
    id: web::Path<i64>,
    body: Body,
) -> Answer {
    let input: NewMessage = body.json().await?;
    let post = Post {
        sender: caller.user(),
        text: MessageText::parse(&input.content)?,
        client_msg_id: key(input.client_msg_id.as_deref(), request.headers())?,
        sequence: None,
    };
    let sent = post_to(&engine, ConversationId(*id), post).await?;
    let mut response = if sent.dup {
        HttpResponse::Ok()
    } else {
        HttpResponse::Created()
    };
    Ok(response.json(sent))
}

/// The key of a send, from its body or else from its header.
pub(super) fn key(
    field: Option<&str>,
    headers: &HeaderMap,
) -> Result<Option<ClientMsgId>, Problem> {
    // What is no text is no key either.
    let header = headers.get(IDEMPOTENCY_KEY).map(|key| key.to_str().unwrap_or_default());
    Ok(field.or(header).map(ClientMsgId::parse).transpose()?)
}

pub(super) async fn post_to(
    engine: &Engine,
    chat: ConversationId,
    post: Post,
) -> Result<Sent, Problem> {
    let (event, dup) = match engine.post(chat, post).await.map_err(in_chat)? {
        Settled::Stored(event) => (event, false),
        Settled::Repeated(event) => (event, true),
        Settled::Refused(refusal) => return Err(in_chat(refusal.into())),
    };
    let message = Message::of(chat, &event)?;
    Ok(Sent { message, dup })
}
