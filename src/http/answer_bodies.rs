//! The way of every answer: its bytes are taken from the budget until they are written, it goes out in
//! pieces, so that a connection keeps no copy of the whole.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError};
use bytes::Bytes;

use crate::actors::answer_budget::Reserved;
use crate::actors::engine::Engine;
use crate::actors::request_permits::RequestPermit;
use crate::domain::rates::Act;
use crate::domain::{Refusal, UserId};
use crate::http::App;
use crate::wire::Problem;

/// Bytes that are handed on at once.
const PIECE: usize = 16 << 10;
/// What an answer that is made as it is read keeps of itself.
const STREAMED: usize = 256 << 10;

/// The middleware.
pub(crate) async fn meter(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let engine = request.app_data::<App>().cloned();
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(engine) = engine else {
        return Ok(response.map_body(|_, body| Metered::free(body)));
    };
    let mut place = response.request().extensions_mut().remove::<RequestPermit>();
    if let Some(place) = &mut place {
        place.answered();
    }
    let kind = response.headers().get(CONTENT_TYPE);
    // A stream of events has bounds of its own, and may last for days.
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return Ok(response.map_body(|_, body| Metered::free(body)));
    }
    let pace = match response.headers().get(CONTENT_DISPOSITION) {
        Some(_) => Act::Download,
        None => Act::Answer,
    };
    let response = response.map_body(|_, body| Piecemeal::new(body));
    let kept = response.response().body().kept();
    let Some(reserved) = engine.answer_budget().reserve(kept) else {
        let text = "too many answers wait for their readers; try again in a moment";
        let busy_now = Problem {
            text: text.into(),
            ..Refusal::Busy.into()
        };
        let (request, _) = response.into_parts();
        let refused = ServiceResponse::new(request, busy_now.error_response());
        return Ok(refused.map_body(|_, body| Metered::free(body)));
    };
    Ok(response.map_body(|_, body| Metered {
        body,
        _reserved: Some(reserved),
        account: place.map(|place| AnsweredUser {
            place,
            engine,
            pace,
        }),
    }))
}

/// Whose answer it is. The place among their requests is theirs until it is written.
struct AnsweredUser {
    place: RequestPermit,
    engine: App,
    /// Whose pace its bytes are of.
    pace: Act,
}

impl AnsweredUser {
    fn user(&self) -> UserId {
        self.place.user()
    }

    fn owes(&self, bytes: usize) {
        let engine: &Engine = &self.engine;
        engine.rate_limits().owe(self.user(), self.pace, bytes);
    }
}

/// A body that is counted.
struct Metered {
    body: Piecemeal,
    _reserved: Option<Reserved>,
    account: Option<AnsweredUser>,
}

impl Metered {
    fn free(body: BoxBody) -> Self {
        Self {
            body: Piecemeal::new(body),
            _reserved: None,
            account: None,
        }
    }
}

/// A whole that goes out in pieces, or what comes in pieces anyway.
enum Piecemeal {
    Whole(Bytes, BodySize),
    Pieces(BoxBody),
}

impl Piecemeal {
    fn new(body: BoxBody) -> Self {
        let size = body.size();
        match body.try_into_bytes() {
            Ok(bytes) => Self::Whole(bytes, size),
            Err(body) => Self::Pieces(body),
        }
    }

    /// Bytes of it that are in memory while it goes out.
    fn kept(&self) -> usize {
        match self {
            Self::Whole(bytes, _) => bytes.len(),
            Self::Pieces(body) => match body.size() {
                BodySize::None => 0,
                BodySize::Sized(_) | BodySize::Stream => STREAMED,
            },
        }
    }
}

impl MessageBody for Metered {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        match &self.body {
            Piecemeal::Whole(_, size) => *size,
            Piecemeal::Pieces(body) => body.size(),
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        let next = match &mut this.body {
            Piecemeal::Whole(bytes, _) if bytes.is_empty() => Poll::Ready(None),
            Piecemeal::Whole(bytes, _) => {
                Poll::Ready(Some(Ok(bytes.split_to(PIECE.min(bytes.len())))))
            }
            Piecemeal::Pieces(body) => Pin::new(body).poll_next(cx),
        };
        if let (Poll::Ready(Some(Ok(bytes))), Some(account)) = (&next, &this.account) {
            account.owes(bytes.len());
        }
        next
    }
}
