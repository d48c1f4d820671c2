//! One connection, from its first byte to its last: requests are read one after the other, each is
//! answered before the next is looked at, and one that asks for a WebSocket leaves HTTP behind.
//!
//! Heads are parsed and answers encoded by `actix_http`'s codec; what is around it is here, since
//! each bound must hold for every request and not only for the first, every early answer must
//! arrive, and an offer to upgrade to something else must change nothing (ADR 14).
//!
//! - `http1_stream`: the transport, and what has been read of it.
//! - `head`: a request's head, in time and within bounds.
//! - `body`: the rest of a request, read when somebody asks for it.
//! - `answer`: the way back.

mod answer;
mod body;
mod head;
mod http1_stream;

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use actix_http::body::BoxBody;
use actix_http::{Request, Response, ServiceConfig, StatusCode};
use actix_service::Service;
use actix_web::dev::ServiceResponse;
use actix_web::{Error, ResponseError};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::actors::connections::ConnectionPermit;
use crate::actors::session::transport::Transport;
use crate::actors::worker::Worker;
use crate::app::connection::answer::Manner;
use crate::app::connection::head::{HeadFault, ReadHead};
use crate::app::connection::http1_stream::Http1Stream;
use crate::http::{base_path, delayed_refusals, headers, socket};
use crate::wire::Problem;

/// How long what is left of a small body may take to come, once its request is answered.
const REST_WITHIN: Duration = Duration::from_secs(10);

/// What the connections of one thread share.
pub(super) struct ConnectionContext<S> {
    /// Answers requests.
    pub(super) app: S,
    pub(super) worker: Rc<Worker>,
    /// For `Date`, which is made twice a second for all.
    pub(super) codec: ServiceConfig,
    /// The server ends: no connection waits for another request.
    pub(super) ending: CancellationToken,
}

/// What happens to a connection after an answer.
enum AfterAnswer {
    /// It is read on.
    Request,
    /// It ends in order: what was written arrives, whatever the peer is still sending.
    End,
    /// Nobody is there any more, or nobody takes what is written.
    Gone,
}

impl<S> ConnectionContext<S>
where
    S: Service<Request, Response = ServiceResponse, Error = Error>,
{
    /// Serves a connection to its end.
    pub(super) async fn serve(
        &self,
        transport: Transport,
        peer: Option<SocketAddr>,
        place: &ConnectionPermit,
    ) {
        let mut stream =
            Rc::new(Http1Stream::new(transport, Rc::clone(&self.worker), self.codec.clone()));
        let mut is_first = true;
        loop {
            let head = tokio::select! {
                biased;
                head = head::read(&stream, is_first, &self.ending) => head,
                // It has been idle longest where there are too many.
                () = place.must_go() => return stream.end().await,
            };
            let _busy = place.begin();
            let next = match head {
                ReadHead::Request(request) if request.is_upgrade => {
                    match self.upgrade(stream, request, peer).await {
                        Some(refused) => stream = refused,
                        None => return,
                    }
                    AfterAnswer::End
                }
                ReadHead::Request(request) => self.request(&stream, request, peer).await,
                ReadHead::HeadFault(fault) => self.complain(&stream, fault, peer).await,
                ReadHead::Over => return,
            };
            match next {
                AfterAnswer::Request => is_first = false,
                AfterAnswer::End => return stream.end().await,
                AfterAnswer::Gone => return,
            }
        }
    }

    /// Answers a request, unless the client hangs up before there is an answer.
    async fn request(
        &self,
        stream: &Rc<Http1Stream>,
        asked: head::RequestHead,
        peer: Option<SocketAddr>,
    ) -> AfterAnswer {
        let head::RequestHead {
            mut request,
            manner,
            small,
            ..
        } = asked;
        request.head_mut().peer_addr = peer;
        base_path::enter(request.head_mut(), &self.worker.engine().config().public_url);
        *request.payload() = body::payload(stream);
        let answer = tokio::select! {
            biased;
            answer = self.app.call(request) => answer,
            () = stream.hung_up() => return AfterAnswer::Gone,
        };
        let answer: Response<BoxBody> = match answer {
            Ok(answer) => answer.into(),
            Err(error) => error.error_response().into(),
        };
        let rest = stream.let_go();
        let is_leaving = self.worker.engine().directory().is_leaving();
        // A rest that did not come in its time is not waited for again.
        let is_late = answer.status() == StatusCode::REQUEST_TIMEOUT;
        let manner = manner.closing(is_leaving || is_late || (rest && !small));
        match answer::write(stream, answer, manner).await {
            Ok(true) if !rest => AfterAnswer::Request,
            Ok(true) => match timeout(REST_WITHIN, stream.pass_over_body()).await {
                Ok(true) => AfterAnswer::Request,
                _ => AfterAnswer::End,
            },
            Ok(false) => AfterAnswer::End,
            Err(_) => AfterAnswer::Gone,
        }
    }

    /// Gives the connection to a session; if that may not be, it comes back with the answer written.
    async fn upgrade(
        &self,
        stream: Rc<Http1Stream>,
        asked: head::RequestHead,
        peer: Option<SocketAddr>,
    ) -> Option<Rc<Http1Stream>> {
        let head::RequestHead {
            mut request,
            manner,
            ..
        } = asked;
        request.head_mut().peer_addr = peer;
        base_path::enter(request.head_mut(), &self.worker.engine().config().public_url);
        let (stream, problem) = match socket::admit(&self.worker, request.head()).await {
            Err(problem) => (stream, problem),
            Ok(admitted) => {
                // Nobody else has it: a request for a socket has no body.
                let (transport, first) = Rc::into_inner(stream)?.into_parts();
                let started = socket::start(&self.worker, admitted, transport, first).await;
                let (transport, problem) = started.err()?;
                let stream =
                    Http1Stream::new(transport, Rc::clone(&self.worker), self.codec.clone());
                (Rc::new(stream), problem)
            }
        };
        delayed_refusals::delay(problem.code.status).await;
        let _ = answer::write(&stream, self.refusal(&problem), manner.closing(true)).await;
        Some(stream)
    }

    /// Says what was wrong with a head. That strangers send such is no event worth a line in the
    /// log; how often is counted.
    async fn complain(
        &self,
        stream: &Rc<Http1Stream>,
        fault: HeadFault,
        peer: Option<SocketAddr>,
    ) -> AfterAnswer {
        let kind = fault.kind();
        log::debug!("a connection of {peer:?} sent no request: {kind}");
        self.worker.engine().metrics().malformed(kind);
        let Some(problem) = fault.problem() else {
            return AfterAnswer::Gone;
        };
        let written =
            answer::write(stream, self.refusal(&problem), Manner::default().closing(true));
        match written.await {
            Ok(_) => AfterAnswer::End,
            Err(_) => AfterAnswer::Gone,
        }
    }

    /// A problem outside the routes, with what every answer bears.
    fn refusal(&self, problem: &Problem) -> Response<BoxBody> {
        let mut answer = problem.error_response();
        headers::secure(answer.headers_mut(), self.worker.engine().config().hsts);
        answer.into()
    }
}
