//! `/auth`, `/api/tokens` and `/api/ws-ticket`: signing in, on which devices, and out again.

use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::messages::{RevokeToken, SignIn};
use crate::domain::rates::Act;
use crate::domain::{Password, Right, TokenId, TypedName};
use crate::http::auth::{Caller, by_cookies};
use crate::http::body::StrangersBody;
use crate::http::cookie;
use crate::http::origin::{peer_ip, refuse_foreign};
use crate::http::page_bytes::{PAGE_BYTES, keep_first};
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::tickets;
use crate::store::tokens::{self, TokenInfo};
use crate::wire::instant::serialize_instant;
use crate::wire::{Code, Problem};

/// How much is kept of what a device calls itself.
const USER_AGENT_BYTES: usize = 256;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    username: String,
    password: String,
}

/// A signed-in device. Browsers get the token as a cookie too.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// For `Authorization: Bearer`.
    token: String,
    user_id: i64,
    #[serde(serialize_with = "serialize_instant")]
    expires_at: DateTime<Utc>,
}

/// A device as its owner sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    id: i64,
    /// What signed in, as it called itself.
    user_agent: Option<String>,
    /// Is it the one that asks?
    current: bool,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
    /// To the minute.
    #[serde(serialize_with = "serialize_instant")]
    last_used_at: DateTime<Utc>,
    #[serde(serialize_with = "serialize_instant")]
    expires_at: DateTime<Utc>,
}

impl Token {
    fn seen_from(current: TokenId, token: TokenInfo) -> Self {
        Self {
            id: token.id.0,
            user_agent: token.user_agent,
            current: token.id == current,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            expires_at: token.expires_at,
        }
    }
}

/// A page of devices.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
    /// If there is more: what to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// What opens one socket, once: `/ws?ticket=…`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ticket {
    ticket: String,
    #[serde(serialize_with = "serialize_instant")]
    expires_at: DateTime<Utc>,
}

/// Signs in. The answer takes as long for an unknown name as for a wrong password.
#[utoipa::path(post, path = "/auth", tag = "tokens", security(()),
    request_body = Credentials, responses((status = 200, body = Session)))]
pub(crate) async fn sign_in(request: HttpRequest, engine: App, body: StrangersBody) -> Answer {
    refuse_foreign(request.head(), engine.config())?;
    let input: Credentials = body.json().await?;
    let peer = peer_ip(request.head(), engine.config());
    engine
        .rate_limits()
        .spend_of_address(peer, Act::SignIn)
        .map_err(too_many_sign_ins)?;
    let signed_in = engine
        .sign_in(SignIn {
            username: TypedName::parse(&input.username).ok(),
            password: Password::parse(&input.password).ok(),
            user_agent: user_agent(&request),
            peer,
        })
        .await?;
    let session = Session {
        token: signed_in.token,
        user_id: signed_in.user.0,
        expires_at: signed_in.expires_at,
    };
    let life = session.expires_at - engine.store().now();
    let cookie = cookie::signed_in(request.head(), engine.config(), &session.token, life);
    Ok(HttpResponse::Ok().cookie(cookie).json(session))
}

fn too_many_sign_ins(wait: std::time::Duration) -> Problem {
    let text = "too many sign-ins from this address; wait a while";
    Problem::new(Code::TOO_MANY_LOGINS, text).after(wait)
}

fn user_agent(request: &HttpRequest) -> Option<String> {
    // ASCII, so any byte is a character.
    let name = request.headers().get(USER_AGENT)?.to_str().ok()?;
    Some(name.chars().take(USER_AGENT_BYTES).collect())
}

/// The devices on which one is signed in, by id.
#[utoipa::path(get, path = "/api/tokens", tag = "tokens",
    params(("after" = Option<i64>, Query), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Tokens)))]
pub(crate) async fn list(engine: App, caller: Caller, query: Query) -> Answer {
    let device = caller.device()?;
    let (after, limit) = (TokenId(query.after()?), query.limit()?);
    let mut rows = tokens::list(engine.store(), device.user, after, limit.rows()).await?;
    let more = limit.cut(&mut rows);
    let seen = rows.into_iter().map(|token| Token::seen_from(device.token, token));
    let mut tokens: Vec<_> = seen.collect();
    let more = keep_first(&mut tokens, PAGE_BYTES) | more;
    let next = tokens.last().filter(|_| more).map(|last| last.id);
    Ok(HttpResponse::Ok().json(Tokens { tokens, next }))
}

/// Signs a device out and closes its sockets.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "tokens", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn revoke(engine: App, caller: Caller, id: web::Path<i64>) -> Answer {
    let user = caller.device()?.user;
    engine.rate_limits().spend(Some(user), Act::Account)?;
    let command = RevokeToken {
        right: caller.right(),
        user,
        token: TokenId(*id),
    };
    if !engine.revoke_token(command).await? {
        return Err(Problem::new(Code::TOKEN_NOT_FOUND, "you have no such token"));
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Signs this device out, closes its sockets and takes the cookie back. A browser that had several
/// sign-ins here has none afterwards.
#[utoipa::path(delete, path = "/api/tokens/current", tag = "tokens", responses((status = 204)))]
pub(crate) async fn sign_out(request: HttpRequest, engine: App, caller: Caller) -> Answer {
    let device = caller.device()?;
    let others = by_cookies(request.head(), &engine).await?;
    let command = RevokeToken {
        right: caller.right(),
        user: device.user,
        token: device.token,
    };
    engine.revoke_token(command).await?;
    let mut answer = HttpResponse::NoContent();
    let own = cookie::signed_out(request.head(), engine.config());
    for (device, name) in others {
        // Whoever has its cookie may end it, whether it has ended or not.
        let command = RevokeToken {
            right: Right::Operator,
            user: device.user,
            token: device.token,
        };
        engine.revoke_token(command).await?;
        if name != own.name() {
            answer.cookie(cookie::taken_back(name, engine.config()));
        }
    }
    answer.cookie(own);
    Ok(answer.finish())
}

/// A secret that may stand in a URL, since it opens one socket within seconds and nothing after.
#[utoipa::path(post, path = "/api/ws-ticket", tag = "tokens",
    responses((status = 200, body = Ticket)))]
pub(crate) async fn issue_ticket(engine: App, caller: Caller) -> Answer {
    let device = caller.device()?;
    engine.rate_limits().spend(Some(device.user), Act::Ticket)?;
    // Before it is made: it never ends earlier than said.
    let expires_at = engine.store().now() + tickets::LIFETIME;
    let ticket = engine.issue_ticket(device.token).await?;
    Ok(HttpResponse::Ok().json(Ticket { ticket, expires_at }))
}
