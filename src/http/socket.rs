//! `GET /ws`: the upgrade. The HTTP server hands over the raw stream; here it is decided who may
//! have a socket, and the stream goes to a session. Whatever asks for an upgrade comes here and
//! never reaches the routes, so what is none is refused here too.

use std::rc::Rc;
use std::time::Duration;

use actix_codec::{AsyncRead, AsyncWrite, Framed};
use actix_http::body::{BodySize, MessageBody};
use actix_http::{Request, RequestHead, Response, StatusCode, h1, ws};
use actix_web::ResponseError;
use bytes::{Bytes, BytesMut};
use chrono::Utc;
use futures_util::SinkExt;

use crate::actors::session::transport::Transport;
use crate::actors::session::{self, Admission};
use crate::actors::worker::Worker;
use crate::domain::pace::Act;
use crate::domain::{ConversationId, Refusal, UserId};
use crate::http::auth::{Caller, authenticate};
use crate::http::headers::secure;
use crate::http::query::Query;
use crate::wire::{Code, Problem};

/// How long a peer may take to read why it was refused.
const REFUSAL_WITHIN: Duration = Duration::from_secs(5);

/// Takes over a connection that asks for an upgrade. Returns at once: the work goes on in a task of
/// its own, so that the HTTP server's buffers for this connection are freed.
pub fn take_over<T>(worker: &Rc<Worker>, request: Request, framed: Framed<T, h1::Codec>)
where
    T: AsyncRead + AsyncWrite + Unpin + Into<Transport> + TryFrom<Transport> + 'static,
{
    let worker = Rc::clone(worker);
    actix_rt::spawn(async move { upgrade(&worker, request.head(), framed).await });
}

async fn upgrade<T>(worker: &Rc<Worker>, head: &RequestHead, framed: Framed<T, h1::Codec>)
where
    T: AsyncRead + AsyncWrite + Unpin + Into<Transport> + TryFrom<Transport>,
{
    let hsts = worker.engine().config().hsts;
    match admit(worker, head).await {
        Ok((answer, admission)) => {
            let parts = framed.into_parts();
            let (stream, first) = (parts.io.into(), parts.read_buf);
            let started = session::start(worker, stream, first, answer, admission).await;
            if let Err((stream, problem)) = started
                && let Ok(stream) = T::try_from(stream)
            {
                let problem = as_a_stranger(problem, worker.engine().config().trust);
                refuse(Framed::new(stream, h1::Codec::default()), &problem, hsts).await;
            }
        }
        Err(problem) => refuse(framed, &problem, hsts).await,
    }
}

/// A stranger is refused a chat that there is not like one that is not theirs; under `--trust`
/// nobody is a stranger.
fn as_a_stranger(problem: Problem, trust: bool) -> Problem {
    if problem.code == Code::CHAT_NOT_FOUND && !trust {
        return Refusal::NotMember.into();
    }
    problem
}

/// Who may have a socket, on which chat, and the answer that says so.
async fn admit(worker: &Rc<Worker>, head: &RequestHead) -> Result<(Bytes, Admission), Problem> {
    if head.uri.path() != "/ws" {
        return Err(Problem::new(Code::NOT_FOUND, "there is no socket here; sockets are at /ws"));
    }
    ws::verify_handshake(head)
        .map_err(|error| Problem::new(Code::UPGRADE_REQUIRED, format!("no WebSocket: {error}")))?;
    let caller = authenticate(head, worker.engine()).await?;
    let admission = admission(&caller, &Query::of(head))?;
    worker.engine().paces().take(admission.user, Act::Session)?;
    Ok((switching_protocols(head), admission))
}

/// Whose session it is, on which chat: the caller's, whatever the query says; under `--trust` whose
/// it says.
pub(super) fn admission(caller: &Caller, query: &Query) -> Result<Admission, Problem> {
    let chat = query.number("chat_id")?.map(ConversationId);
    let claimed = query.number("user_id")?.map(UserId);
    match caller {
        Caller::Device(device) => {
            if claimed.is_some_and(|user| user != device.user) {
                let text = "user_id is not yours; leave it away, the token says who you are";
                return Err(Problem::new(Code::FORBIDDEN, text));
            }
            Ok(Admission {
                user: Some(device.user),
                token: Some(device.token),
                valid_for: Some((device.expires_at - Utc::now()).to_std().unwrap_or_default()),
                chat,
            })
        }
        Caller::Trusted => Ok(Admission {
            user: claimed,
            token: None,
            valid_for: None,
            chat,
        }),
    }
}

/// `101`, by hand, since the session writes it together with whatever has come meanwhile.
fn switching_protocols(head: &RequestHead) -> Bytes {
    let response = ws::handshake_response(head).finish();
    let mut answer = BytesMut::from(&b"HTTP/1.1 101 Switching Protocols\r\n"[..]);
    answer.extend_from_slice(b"connection: upgrade\r\n");
    for (name, value) in response.headers() {
        if name == "transfer-encoding" {
            continue;
        }
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    answer.freeze()
}

async fn refuse<T: AsyncRead + AsyncWrite + Unpin>(
    mut framed: Framed<T, h1::Codec>,
    problem: &Problem,
    hsts: Option<u32>,
) {
    let response = problem.error_response();
    let status = StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut head = Response::new(status);
    *head.headers_mut() = response.headers().clone();
    secure(head.headers_mut(), hsts);
    head.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    let refusal = async {
        let size = BodySize::Sized(body.len() as u64);
        // In one write: some clients read a refusal once.
        framed.feed(h1::Message::Item((head.drop_body(), size))).await?;
        framed.send(h1::Message::Chunk(Some(body))).await?;
        framed.close().await
    };
    // A peer that does not read its refusal is left.
    let _ = tokio::time::timeout(REFUSAL_WITHIN, refusal).await;
}
