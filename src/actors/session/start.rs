//! How a socket comes to be. It listens before its peer is told that it is there: whoever sees the
//! `101` gets everything that is committed from then on.

use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, AsyncContext};
use bytes::{Bytes, BytesMut};
use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

use crate::actors::ConversationActor;
use crate::actors::failure::Failure;
use crate::actors::messages::{CloseConversation, ExpectWatch, SessionId, SessionStarted, Unwatch};
use crate::actors::session::chat_states::SessionChats;
use crate::actors::session::context::SessionContext;
use crate::actors::session::frame_stream::FrameStream;
use crate::actors::session::pacing::Pacing;
use crate::actors::session::socket::Socket;
use crate::actors::session::transport::Transport;
use crate::actors::session::{FRAME_BYTES, Session, UNANSWERED};
use crate::actors::socket_permits::{SocketPermit, SocketPermitBounds};
use crate::actors::worker::Worker;
use crate::domain::{ConversationId, Refusal, TokenId, UserId, return_times};

/// A socket that somebody may open: who, by what right, and which chat.
#[derive(Clone, Copy, Debug)]
pub struct Admission {
    /// Whose it is; `None` for nobody in particular (`--trust`), who listens to General.
    pub user: Option<UserId>,
    /// By which token, so that it ends with it.
    pub token: Option<TokenId>,
    /// How long that is good for.
    pub valid_for: Option<Duration>,
    /// Where it comes from, for the limits.
    pub address: Option<IpAddr>,
    /// The chat that the URL binds, if it does.
    pub chat: Option<ConversationId>,
}

/// Opens the socket and answers the upgrade with `answer`. On an error nothing was written and the
/// stream comes back, for the HTTP answer to be written to it.
pub async fn start(
    worker: &Rc<Worker>,
    transport: Transport,
    first: BytesMut,
    answer: Bytes,
    admission: Admission,
) -> Result<(), (Transport, Failure)> {
    let engine = worker.engine();
    let directory = engine.directory();
    if directory.is_draining() {
        return Err((transport, Refusal::GoingAway.into()));
    }
    let config = engine.config();
    let (user, address) = config.session_shares();
    let bounds = SocketPermitBounds {
        total: config.max_sessions,
        user,
        address,
    };
    let permit = match directory.socket_permits().acquire(bounds, admission.user, admission.address)
    {
        Ok(permit) => permit,
        Err(problem) => return Err((transport, Failure::Problem(problem))),
    };
    let id = directory.next_session();
    let expires = admission.valid_for.map(|span| Instant::now() + span);
    let socket =
        Socket::new(id, transport, worker.bounds(), expires, admission.user, admission.chat);
    worker.sockets().borrow_mut().insert(id, Rc::clone(&socket));

    let context = SessionContext {
        session: id,
        user: admission.user,
        token: admission.token,
        bound: admission.chat,
        socket: Rc::clone(&socket),
        worker: Rc::clone(worker),
        turn: Rc::new(Semaphore::new(1)),
    };
    let open = match open_all(&context).await {
        Ok(open) => open,
        Err(failure) => {
            drop(context);
            worker.sockets().borrow_mut().remove(&id);
            worker.relay().addr.do_send(Unwatch { session: id });
            let socket = match Rc::try_unwrap(socket) {
                Ok(socket) => socket,
                // The relay has it still among those that have a conversation open; it goes with them, unanswered.
                Err(socket) => {
                    socket.kill();
                    return Ok(());
                }
            };
            return match socket.into_transport() {
                Some(transport) => Err((transport, failure)),
                None => Ok(()),
            };
        }
    };
    engine.metrics().sockets.inc();
    run(context, first, answer, admission, open, permit).await;
    Ok(())
}

type OpenConversations = HashMap<ConversationId, Addr<ConversationActor>>;

/// The chat of the URL, and General, which is open on every session. A socket that is bound to no
/// chat is told first how all its chats stand.
async fn open_all(context: &SessionContext) -> Result<OpenConversations, Failure> {
    let (mut open, bound) = (OpenConversations::new(), context.bound);
    let general = ConversationId::GENERAL;
    if bound.is_none() {
        context.socket.hold(general);
    } else if let Some(user) = context.user {
        context.worker.relay().addr.do_send(ExpectWatch {
            session: context.session,
            user,
            bound: true,
        });
    }
    let chats = bound.into_iter().chain((bound != Some(general)).then_some(general));
    for conversation in chats {
        match context.join(conversation).await {
            Ok((addr, _)) => open.insert(conversation, addr),
            Err(failure) => {
                leave(context.session, &open);
                return Err(failure);
            }
        };
    }
    if bound.is_none() {
        let ready = context.ready().await.inspect_err(|_| leave(context.session, &open))?;
        context.socket.write(&[ready]);
        // What was said in General meanwhile comes behind the counters, unless it was too much.
        if !context.socket.release(general) {
            leave(context.session, &open);
            return Err(Refusal::Busy.into());
        }
    }
    Ok(open)
}

fn leave(session: SessionId, open: &OpenConversations) {
    open.values().for_each(|addr| addr.do_send(CloseConversation { session }));
}

async fn run(
    context: SessionContext,
    first: BytesMut,
    answer: Bytes,
    admission: Admission,
    open: OpenConversations,
    permit: SocketPermit,
) {
    let (worker, socket) = (Rc::clone(&context.worker), Rc::clone(&context.socket));
    let id = context.session;
    let engine = worker.engine();
    let pacing = Pacing::new(engine, admission.user);
    let window = PollSemaphore::new(Arc::new(Semaphore::new(UNANSWERED)));
    let addr = Session::create(|ctx| {
        ctx.add_stream(FrameStream::new(
            Rc::clone(&socket),
            worker.clone(),
            window,
            FRAME_BYTES,
            first,
        ));
        Session {
            context,
            chats: SessionChats::of(open),
            pacing,
            typed: HashMap::new(),
            username: None,
            _permit: permit,
            started: Instant::now(),
        }
    });
    // Before the answer: a token that is revoked after it must find the socket, and one that was revoked
    // meanwhile opens nothing. Without a registry the server ends.
    let started = engine.registry().send(SessionStarted {
        session: id,
        user: admission.user,
        token: admission.token,
        addr,
        relay: worker.relay().addr.clone(),
    });
    match started.await {
        Ok(true) => socket.uncork(answer),
        _ => socket.dismiss(answer),
    }
    // The server began to stop meanwhile, and passed over what was corked.
    if engine.directory().is_draining() {
        socket.go_away(return_times::window(engine.directory().sessions()));
    }
}
