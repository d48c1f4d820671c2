//! `/api/chats/{id}/messages`: what was said, and saying something.

use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::engine::Engine;
use crate::domain::change::Post;
use crate::domain::event::{AnnotationsByMessage, Message, Settled};
use crate::domain::files::parse_uploads;
use crate::domain::rates::Act;
use crate::domain::{ClientMsgId, ConversationId, Event, MessageId, NewText, Refusal};
use crate::http::auth::Caller;
use crate::http::body::{Body, Id};
use crate::http::page_bytes::{PAGE_BYTES, fitting};
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::messages::{self, AnnotatedMessages, MessageRow, Page};
use crate::wire::message::MessageBody;
use crate::wire::{Code, Problem};

/// The header that may carry the key of a send instead of `client_msg_id`.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A message to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// 1 to 16384 bytes; beside `uploads` it may be empty, or left away.
    content: Option<String>,
    /// With it, or with `Idempotency-Key`, the send may be repeated for ever and is stored once.
    #[schema(max_length = 64)]
    client_msg_id: Option<String>,
    /// The id of the message of the same chat that it answers.
    reply_to: Option<Id>,
    /// The files that it carries: the `upload_id` of each.
    #[serde(default)]
    #[schema(max_items = 10)]
    uploads: Vec<String>,
}

/// A message that is stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sent<'a> {
    #[serde(flatten)]
    message: MessageBody<'a>,
    /// Was it stored before, under the same key?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dup: bool,
}

/// A page of messages by ascending `n`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Messages<'a> {
    messages: Vec<MessageBody<'a>>,
    /// If there is more: the `n` to pass as `before`, or as `after` if that or `around` was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

pub(super) fn bodies<'a>(
    rows: &'a [MessageRow],
    annotations: &'a AnnotationsByMessage,
) -> Vec<MessageBody<'a>> {
    let body = |row: &'a MessageRow| {
        let annotations = annotations.get(&row.message.id);
        MessageBody::new(row.conversation, row.seq, &row.message, annotations)
    };
    rows.iter().map(body).collect()
}

/// What was said: the newest page, the one just before or after a number, or the one around it.
#[utoipa::path(get, path = "/api/chats/{id}/messages", tag = "messages",
    params(("id" = i64, Path), ("before" = Option<i64>, Query), ("after" = Option<i64>, Query),
           ("around" = Option<i64>, Query),
           ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Messages<'static>)))]
pub(crate) async fn list(engine: App, caller: Caller, id: web::Path<i64>, query: Query) -> Answer {
    let chat = ConversationId(*id);
    let (page, limit) = (page(&query)?, query.limit()?);
    let store = engine.store();
    let paged = messages::page(store, chat, page, limit.rows(), PAGE_BYTES).await?;
    let paged = paged.authorize(store, caller.authority()).await??;
    let (
        AnnotatedMessages {
            mut rows,
            annotations,
        },
        mut more,
    ) = (paged.messages, paged.is_cut);
    match page {
        Page::After(_) | Page::Around(_) => more |= limit.cut(&mut rows),
        Page::Before(_) | Page::Newest => more |= limit.cut_front(&mut rows),
    }
    let (first, last) = fitting_rows(page, &rows, &annotations);
    let next = match page {
        Page::After(_) | Page::Around(_) => {
            (more || last < rows.len()).then(|| rows[first..last].last())
        }
        Page::Before(_) | Page::Newest => (more || first > 0).then(|| rows[first..last].first()),
    };
    let next = next.flatten().map(|row| row.message.n);
    let messages = bodies(&rows[first..last], &annotations);
    Ok(HttpResponse::Ok().json(Messages { messages, next }))
}

/// Which of these rows fit a page, from the one to before the other: those nearest to where it was
/// asked for.
fn fitting_rows(
    page: Page,
    rows: &[MessageRow],
    annotations: &AnnotationsByMessage,
) -> (usize, usize) {
    let forwards = |rows: &[MessageRow], bytes| {
        fitting(bodies(rows, annotations).into_iter(), bytes).min(rows.len())
    };
    let backwards = |rows: &[MessageRow], bytes| {
        fitting(bodies(rows, annotations).into_iter().rev(), bytes).min(rows.len())
    };
    match page {
        Page::After(_) => (0, forwards(rows, PAGE_BYTES)),
        Page::Before(_) | Page::Newest => (rows.len() - backwards(rows, PAGE_BYTES), rows.len()),
        Page::Around(n) => {
            let (before, after) = rows.split_at(rows.partition_point(|row| row.message.n < n));
            let first = before.len() - backwards(before, PAGE_BYTES / 2);
            (first, before.len() + forwards(after, PAGE_BYTES / 2))
        }
    }
}

fn page(query: &Query) -> Result<Page, Problem> {
    let (before, after) = (query.number("before")?, query.number("after")?);
    match (before, after, query.number("around")?) {
        (None, None, None) => Ok(Page::Newest),
        (Some(n), None, None) => Ok(Page::Before(n)),
        (None, Some(n), None) => Ok(Page::After(n)),
        (None, None, Some(n)) => Ok(Page::Around(n)),
        _ => {
            let text = "before, after and around exclude each other";
            Err(Problem::new(Code::INVALID_QUERY, text))
        }
    }
}

/// Says something. 201 once it is durable; 200 with `dup` for a repeated key.
#[utoipa::path(post, path = "/api/chats/{id}/messages", tag = "messages",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewMessage,
    responses((status = 201, body = Sent<'static>), (status = 200, body = Sent<'static>)))]
pub(crate) async fn send(
    request: HttpRequest,
    engine: App,
    id: web::Path<i64>,
    body: Body,
) -> Answer {
    let chat = ConversationId(*id);
    let (caller, input) = body.json::<NewMessage>().await?;
    let uploads = parse_uploads(input.uploads.iter().map(String::as_str))?;
    let text = match (input.content.as_deref(), uploads.is_empty()) {
        (None, true) => return Err(Problem::new(Code::MALFORMED, "missing field `content`")),
        (Some(content), true) => NewText::parse(content)?,
        (content, false) => NewText::parse_caption(content.unwrap_or_default())?,
    };
    let post = Post {
        by: caller.authority(),
        text,
        client_msg_id: key(input.client_msg_id.as_deref(), request.headers())?,
        reply_to: input.reply_to.map(|id| MessageId(id.get())),
        uploads,
        sequence: None,
    };
    let (event, dup) = post_to(&engine, chat, post).await?;
    let message = MessageBody::new(chat, event.seq, posted(&event)?, None);
    let mut response = if dup {
        HttpResponse::Ok()
    } else {
        HttpResponse::Created()
    };
    Ok(response.json(Sent { message, dup }))
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

/// Stores a message: the event, and whether it was stored before.
pub(super) async fn post_to(
    engine: &Engine,
    chat: ConversationId,
    post: Post,
) -> Result<(std::sync::Arc<Event>, bool), Problem> {
    engine.rate_limits().spend(post.sender(), Act::Message)?;
    engine.rate_limits().spend_many(post.sender(), Act::Text, post.text.bytes())?;
    match engine.post(chat, post).await? {
        Settled::Stored(event) => Ok((event, false)),
        Settled::Repeated(event) => Ok((event, true)),
        Settled::Refused(refusal) => Err(refusal.into()),
        Settled::Unchanged(_) => Err(Refusal::NotStored.into()),
    }
}

/// The message of an event that is one.
pub(super) fn posted(event: &Event) -> Result<&Message, Problem> {
    event.message().ok_or_else(|| {
        log::error!("change {} of a chat is no message", event.seq);
        Problem::new(Code::INTERNAL, "the server failed; its log says why")
    })
}
