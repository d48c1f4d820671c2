//! `GET /api/events`: what a socket hears, as server-sent events, for networks that let no
//! WebSocket through. Sending is by REST.
//!
//! There is one kind of session. A stream is a session at one end of a pipe, inside the process,
//! and at the other end a client that the server plays itself: it opens chats from where the real
//! client stands (`last_event_id`), tells what comes (`cursor`) and answers pings (`body`).

mod body;
mod cursor;
mod last_event_id;

use std::rc::Rc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::{HttpRequest, HttpResponse};
use bytes::{Bytes, BytesMut};
use tokio::io::DuplexStream;

use crate::actors::engine::Engine;
use crate::actors::messages::Describe;
use crate::actors::session::transport::Transport;
use crate::actors::session::{self, Admission};
use crate::actors::worker::Worker;
use crate::domain::rates::Act;
use crate::domain::{ConversationId, Refusal, return_times};
use crate::http::auth::Caller;
use crate::http::events::body::EventStream;
use crate::http::events::cursor::StreamCursor;
use crate::http::events::last_event_id::StreamPosition;
use crate::http::origin::peer_ip;
use crate::http::query::Query;
use crate::http::socket::admission;
use crate::http::{Answer, App};
use crate::wire::client::Open;
use crate::wire::{Code, Problem, client_side};

/// Chats that the query may open, besides General and the chat that it binds.
const OPENS: usize = 20;
/// What the pipe holds, in bytes: as much as it takes to keep a fast reader busy. What is more
/// waits in the session's outbox, which has a bound and a policy.
const PIPE: usize = 64 << 10;
/// When a browser comes back that was told nothing: each at its own time up to this, so that a
/// crash does not bring them all back at once.
const RETRY_WITHIN: Duration = Duration::from_secs(5);

const LAST_EVENT_ID: &str = "last-event-id";
const EVENT_STREAM: &str = "text/event-stream";
/// A proxy that collects the stream would keep it from its reader.
const NOT_COLLECTED: [(HeaderName, &str); 2] = [
    (CACHE_CONTROL, "no-cache, no-store, no-transform"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];

/// What happens, as server-sent events: each is a frame of the socket, with its `type` for a name,
/// and with the position of the stream for an `id`. Resumes from `Last-Event-ID`.
#[utoipa::path(get, path = "/api/events", tag = "events",
    params(("chat_id" = Option<i64>, Query), ("open" = Option<String>, Query),
           ("user_id" = Option<i64>, Query), ("last_event_id" = Option<String>, Query),
           ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub(crate) async fn stream(
    request: HttpRequest,
    engine: App,
    caller: Caller,
    query: Query,
) -> Answer {
    let address = peer_ip(request.head(), engine.config());
    let admission = admission(&caller, &query, address, engine.store().now())?;
    let opens = query.numbers("open", OPENS)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, EVENT_STREAM));
    for header in NOT_COLLECTED {
        response.insert_header(header);
    }
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let worker = request.app_data::<Rc<Worker>>().cloned().ok_or(Refusal::GoingAway)?;
    engine.rate_limits().spend(admission.user, Act::Session)?;
    let permit = worker.acquire_stream_permit().ok_or_else(full)?;
    let wanted = wanted(&engine, admission.chat, &opens, last_event_id(&request, &query)).await;
    let pipe = start(worker, admission, &wanted).await?;
    let cursor =
        StreamCursor::new(wanted.position, wanted.opens.iter().map(|open| open.chat).collect());
    Ok(response.streaming(EventStream::new(pipe, cursor, greeting(), permit)))
}

fn full() -> Problem {
    let text = "this server has all the streams that it takes; come back in a moment";
    Problem::new(Code::TOO_MANY_SESSIONS, text)
}

/// The header, which a browser sends by itself; or the query, for a page that was loaded anew.
fn last_event_id(request: &HttpRequest, query: &Query) -> Option<String> {
    let header = request.headers().get(LAST_EVENT_ID);
    // What is no text is no position either.
    let header = header.map(|id| id.to_str().unwrap_or_default().to_owned());
    header.or_else(|| query.get("last_event_id").map(str::to_owned))
}

/// What a stream opens, and where that leaves its client before anything is answered.
struct StreamStart {
    opens: Vec<Open>,
    position: StreamPosition,
}

/// General and the bound chat go on from now, and the others begin with their newest messages,
/// unless the client says where it stands. A position that is none of ours, or of another history,
/// is like one far too old: everything begins afresh, and says so.
async fn wanted(
    engine: &Engine,
    bound: Option<ConversationId>,
    opens: &[i64],
    last: Option<String>,
) -> StreamStart {
    let mut chats = vec![ConversationId::GENERAL];
    chats.extend(bound);
    let mut position = StreamPosition {
        epoch: engine.epoch().to_owned(),
        chats: Default::default(),
    };
    match last.map(|last| last.parse::<StreamPosition>()) {
        None => {
            for chat in &chats {
                let head = head(engine, *chat).await;
                position.chats.extend(head.map(|seq| (*chat, seq)));
            }
        }
        Some(Ok(last)) if last.epoch == position.epoch => position = last,
        Some(_) => {}
    }
    chats.extend(opens.iter().copied().map(ConversationId));
    chats.sort_unstable();
    chats.dedup();
    position.chats.retain(|chat, _| chats.contains(chat));
    let open = |chat: &ConversationId| Open {
        chat: *chat,
        after: position.chats.get(chat).copied(),
        epoch: None,
    };
    StreamStart {
        opens: chats.iter().map(open).collect(),
        position,
    }
}

/// Where a chat stands; `None` for one that cannot be had, which its opening will say.
async fn head(engine: &Engine, chat: ConversationId) -> Option<i64> {
    let conversation = engine.locate(chat).await.ok()?;
    Some(conversation.send(Describe).await.ok()?.head_seq)
}

/// Starts a session that has heard the opens already; the other end of its pipe.
async fn start(
    worker: Rc<Worker>,
    admission: Admission,
    wanted: &StreamStart,
) -> Result<DuplexStream, Problem> {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let mut heard = BytesMut::new();
    wanted.opens.iter().for_each(|open| client_side::open(&mut heard, open));
    // In a task of its own: a client that hangs up must not leave a session half made.
    let started = actix_rt::spawn(async move {
        let pipe = Transport::from(theirs);
        session::start(&worker, pipe, heard, Bytes::new(), admission).await
    });
    match started.await {
        Ok(Ok(())) => Ok(ours),
        Ok(Err((_, failure))) => Err(failure.into()),
        Err(_) => Err(Refusal::Busy.into()),
    }
}

/// Goes out at once, so that the client knows that it is connected.
fn greeting() -> Bytes {
    let retry = return_times::draw(RETRY_WITHIN, getrandom::u64().unwrap_or_default());
    format!("retry: {}\n\n", retry.as_millis()).into()
}
