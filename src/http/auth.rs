//! On whose behalf a request comes. REST and sockets ask the same function, so that neither lets in
//! what the other would not.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use actix_http::{RequestHead, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;

use crate::actors::engine::Engine;
use crate::actors::request_permits::RequestPermit;
use crate::domain::rates::Act;
use crate::domain::{Authority, Refusal, Right, TokenId, UserId};
use crate::http::App;
use crate::http::cookie;
use crate::http::origin::{is_upgrade, refuse_foreign, require_own};
use crate::store::accounts::administrators::LastAdmin;
use crate::store::tickets;
use crate::store::tokens::{self, Device, LAST_USED_PRECISION};
use crate::wire::{Code, Problem};

/// Routes that read, though they are no `GET`.
const READS_BY_POST: [&str; 1] = ["/api/sync"];

/// No secret of ours is longer; what is needs no look-up.
const MAX_SECRET_BYTES: usize = 128;

/// Who is calling.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A signed-in device.
    Device(Device),
    /// Anybody at all, under `--trust`.
    Trusted,
}

impl Caller {
    /// The signed-in user.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Device(device) => Some(device.user),
            Self::Trusted => None,
        }
    }

    /// The signed-in device's token.
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Self::Device(device) => Some(device.token),
            Self::Trusted => None,
        }
    }

    /// On whose authority a conversation is changed.
    pub fn authority(&self) -> Authority {
        match self {
            Self::Device(device) => Authority::Device(device.user, device.token),
            Self::Trusted => Authority::Operator,
        }
    }

    /// May they see and change what is private of this account?
    pub fn may_manage(&self, user: UserId) -> bool {
        match self {
            Self::Device(device) => device.is_admin || device.user == user,
            Self::Trusted => true,
        }
    }

    /// May they see what is the administrator's?
    pub fn is_operator(&self) -> bool {
        match self {
            Self::Device(device) => device.is_admin,
            Self::Trusted => true,
        }
    }

    /// What may become of the last administrator; under `--trust` nobody needs one.
    pub fn last_admin(&self) -> LastAdmin {
        match self {
            Self::Device(_) => LastAdmin::Stays,
            Self::Trusted => LastAdmin::MayGo,
        }
    }

    /// By what right this account, and what is of it, is changed.
    pub fn right_over(&self, whose: UserId) -> Right {
        match self {
            Self::Trusted => Right::Operator,
            Self::Device(Device { token, user, .. }) if *user == whose => Right::Own {
                token: *token,
                user: *user,
            },
            Self::Device(_) => self.right_to_manage(),
        }
    }

    /// By what right the caller does what is their own to do.
    pub fn right(&self) -> Right {
        self.user().map_or(Right::Operator, |user| self.right_over(user))
    }

    /// By what right the administrator's is done.
    pub fn right_to_manage(&self) -> Right {
        match self {
            Self::Trusted => Right::Operator,
            Self::Device(Device { token, user, .. }) => Right::Administrator {
                token: *token,
                user: *user,
            },
        }
    }

    /// For what is the administrator's alone: 403 `forbidden` for everybody else.
    pub fn require_operator(&self) -> Result<(), Problem> {
        match self.is_operator() {
            true => Ok(()),
            false => Err(Problem::new(Code::FORBIDDEN, "this is for administrators")),
        }
    }

    /// The device, for what makes no sense without one.
    pub fn device(&self) -> Result<&Device, Problem> {
        match self {
            Self::Device(device) => Ok(device),
            Self::Trusted => Err(Problem::new(
                Code::FORBIDDEN,
                "nobody is signed in; POST /auth first, then send Authorization: Bearer TOKEN",
            )),
        }
    }
}

/// Finds out who sends a request with this head, a socket's upgrade included:
///
/// 1. `Authorization: Bearer TOKEN`;
/// 2. for a socket, `?ticket=`, which opens one socket once;
/// 3. the cookie, if the request comes from our own page;
/// 4. under `--trust` anybody, though neither from a foreign page nor under a foreign name.
///
/// 401 `unauthenticated` for nobody, and for a bearer token or ticket that opens nothing, also
/// under `--trust`; 403 `foreign_origin` for a foreign page.
pub(crate) async fn authenticate(head: &RequestHead, engine: &Engine) -> Result<Caller, Problem> {
    let config = engine.config();
    if config.trust {
        refuse_foreign(head, config)?;
    }
    let device = if let Some(secret) = bearer(head) {
        find(secret, engine).await?.ok_or_else(unauthenticated)?
    } else if let Some(ticket) = ticket(head) {
        redeem(ticket, engine).await?.ok_or_else(unauthenticated)?
    } else {
        match by_cookie(head, engine).await? {
            Some(device) => device,
            // A cookie that has expired must not lock anybody out of a server that trusts all.
            None if config.trust => return Ok(Caller::Trusted),
            None => return Err(unauthenticated()),
        }
    };
    note_use(&device, engine);
    Ok(Caller::Device(device))
}

async fn by_cookie(head: &RequestHead, engine: &Engine) -> Result<Option<Device>, Problem> {
    let presented = cookie::presented(head, engine.config());
    if presented.is_empty() {
        return Ok(None);
    }
    // Under --trust who shows no cookie at all may do more.
    if !engine.config().trust {
        require_own(head, engine.config())?;
    }
    for cookie in presented {
        if let Some(device) = find(&cookie.secret, engine).await? {
            return Ok(Some(device));
        }
    }
    Ok(None)
}

/// What a browser's cookies open, each with its name. Nothing for a page that is not ours.
pub(crate) async fn by_cookies(
    head: &RequestHead,
    engine: &Engine,
) -> Result<Vec<(Device, String)>, Problem> {
    let mut devices = Vec::new();
    if require_own(head, engine.config()).is_err() {
        return Ok(devices);
    }
    for cookie in cookie::presented(head, engine.config()) {
        if let Some(device) = find(&cookie.secret, engine).await? {
            devices.push((device, cookie.name.into_owned()));
        }
    }
    Ok(devices)
}

async fn find(secret: &str, engine: &Engine) -> Result<Option<Device>, Problem> {
    if secret.len() > MAX_SECRET_BYTES {
        return Ok(None);
    }
    let hash = tokens::hash_secret(secret);
    Ok(tokens::find(engine.store(), &hash, engine.store().now()).await?)
}

async fn redeem(ticket: &str, engine: &Engine) -> Result<Option<Device>, Problem> {
    if ticket.len() > MAX_SECRET_BYTES {
        return Ok(None);
    }
    let hash = tokens::hash_secret(ticket);
    Ok(tickets::redeem(engine.store(), &hash, engine.store().now()).await?)
}

/// The token of an `Authorization` of this scheme; a proxy may add one of another for itself.
fn bearer(head: &RequestHead) -> Option<&str> {
    let credentials = head.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = credentials.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Tickets are of characters that need no escaping, so none is undone.
fn ticket(head: &RequestHead) -> Option<&str> {
    if !is_upgrade(head) {
        return None;
    }
    let pairs = head.uri.query()?.split('&');
    pairs.filter_map(|pair| pair.strip_prefix("ticket=")).next()
}

fn unauthenticated() -> Problem {
    Problem::new(
        Code::UNAUTHENTICATED,
        "not signed in, or the token has expired; POST /auth gives a new one",
    )
}

/// Nobody waits for this, and its failure is nobody's.
fn note_use(device: &Device, engine: &Engine) {
    let now = engine.store().now();
    if now - device.last_used_at < LAST_USED_PRECISION {
        return;
    }
    let (store, token) = (engine.store().clone(), device.token);
    actix_rt::spawn(async move {
        if let Err(error) = tokens::touch(&store, token, now).await {
            log::debug!("the last use of token {token} was not noted: {error}");
        }
    });
}

/// Any request of a user costs, whatever it asks, and they have so many at once. The place is the
/// request's until it is answered.
async fn admit(engine: &Engine, user: UserId, is_reading: bool) -> Result<RequestPermit, Problem> {
    engine.rate_limits().spend(Some(user), Act::Request)?;
    // What they have been told already was more than their share.
    engine.rate_limits().spend_many(Some(user), Act::Answer, 0)?;
    engine.request_permits().enter(user, is_reading).await
}

/// Who the caller was when the head of a request came.
pub(super) async fn claimed(request: &HttpRequest) -> Result<Caller, Problem> {
    let engine = request.app_data::<App>().ok_or(Refusal::GoingAway)?;
    authenticate(request.head(), engine).await
}

/// The caller, once there is a place for the request. They are asked again who they are if time has
/// passed since they were: by then their right may have ended.
pub(super) async fn confirmed(
    request: &HttpRequest,
    caller: Caller,
    is_late: bool,
) -> Result<Caller, Problem> {
    let engine = request.app_data::<App>().ok_or(Refusal::GoingAway)?;
    let mut is_late = is_late;
    if let Some(user) = caller.user() {
        let is_reading = request.method().is_safe() || READS_BY_POST.contains(&request.path());
        let (place, has_waited) = noting_wait(admit(engine, user, is_reading)).await;
        request.extensions_mut().insert(place?);
        is_late |= has_waited;
    }
    match is_late {
        true => authenticate(request.head(), engine).await,
        false => Ok(caller),
    }
}

/// What comes of a future, and whether that took any time.
pub(super) async fn noting_wait<F: Future>(future: F) -> (F::Output, bool) {
    let mut future = pin!(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => (output, false),
        Poll::Pending => (future.await, true),
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = claimed(&request).await?;
            confirmed(&request, caller, false).await
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_bearer_is_found_whatever_its_case() {
        let found = |value: &str| {
            let request = TestRequest::get().insert_header(("authorization", value));
            bearer(request.to_http_request().head()).map(str::to_owned)
        };
        assert_eq!(found("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(found("bearer  abc ").as_deref(), Some("abc"));
        assert_eq!(found("Basic abc"), None);
        assert_eq!(found("abc"), None);
    }

    #[test]
    fn only_a_socket_shows_a_ticket() {
        let plain = TestRequest::get().uri("/ws?chat_id=1&ticket=abc");
        assert_eq!(ticket(plain.to_http_request().head()), None);
        let socket = TestRequest::get()
            .uri("/ws?chat_id=1&ticket=abc")
            .insert_header(("upgrade", "websocket"))
            .to_http_request();
        assert_eq!(ticket(socket.head()), Some("abc"));
    }
}
