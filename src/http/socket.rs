//! `GET /ws`: the upgrade. Here it is decided who may have a socket, and the raw stream goes to a
//! session. Whatever asks for a WebSocket comes here and never reaches the routes, so what is none is
//! refused here too. Offers to upgrade to anything else are ignored.

use std::net::IpAddr;
use std::rc::Rc;

use actix_http::ws::HandshakeError;
use actix_http::{RequestHead, ws};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};

use crate::actors::session::transport::Transport;
use crate::actors::session::{self, Admission};
use crate::actors::worker::Worker;
use crate::domain::rates::Act;
use crate::domain::refusal::Surface;
use crate::domain::{ConversationId, UserId};
use crate::http::auth::{Caller, authenticate};
use crate::http::origin::peer_ip;
use crate::http::query::Query;
use crate::wire::{Code, Problem};

/// A socket that may be opened, and the answer that says so.
pub(crate) struct AdmittedSocket {
    answer: Bytes,
    admission: Admission,
}

/// Gives the stream to a session. `first` is what came behind the request. On an error nothing was
/// written and the stream comes back, for the answer.
pub(crate) async fn start(
    worker: &Rc<Worker>,
    admitted: AdmittedSocket,
    stream: Transport,
    first: BytesMut,
) -> Result<(), (Transport, Problem)> {
    let AdmittedSocket { answer, admission } = admitted;
    let started = session::start(worker, stream, first, answer, admission).await;
    let surface = match worker.engine().config().trust {
        true => Surface::Trusted,
        false => Surface::Frame,
    };
    started.map_err(|(stream, failure)| (stream, failure.told(surface)))
}

/// Who may have a socket, and on which chat.
pub(crate) async fn admit(
    worker: &Rc<Worker>,
    head: &RequestHead,
) -> Result<AdmittedSocket, Problem> {
    if head.uri.path() != "/ws" {
        return Err(Problem::new(Code::NOT_FOUND, "there is no socket here; sockets are at /ws"));
    }
    ws::verify_handshake(head).map_err(no_handshake)?;
    let caller = authenticate(head, worker.engine()).await?;
    let address = peer_ip(head, worker.engine().config());
    let admission = admission(&caller, &Query::of(head), address, worker.engine().store().now())?;
    worker.engine().rate_limits().spend(admission.user, Act::Session)?;
    Ok(AdmittedSocket {
        admission,
        answer: switching_protocols(head),
    })
}

fn no_handshake(error: HandshakeError) -> Problem {
    let code = match error {
        // Another version would not help.
        HandshakeError::BadWebsocketKey => Code::MALFORMED,
        HandshakeError::GetMethodRequired => Code::METHOD_NOT_ALLOWED,
        _ => Code::UPGRADE_REQUIRED,
    };
    Problem::new(code, format!("no WebSocket: {error}"))
}

/// Whose session it is, on which chat: the caller's, whatever the query says; under `--trust` whose
/// it says.
pub(super) fn admission(
    caller: &Caller,
    query: &Query,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Result<Admission, Problem> {
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
                valid_for: Some((device.expires_at - now).to_std().unwrap_or_default()),
                address: Some(address),
                chat,
            })
        }
        Caller::Trusted => Ok(Admission {
            user: claimed,
            token: None,
            valid_for: None,
            address: None,
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
