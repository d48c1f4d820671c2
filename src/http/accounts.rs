//! `/api/users`, `/api/me`, and how one becomes a user.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::engine::Engine;
use crate::actors::messages::{DeleteUser, SignUp, UpdateUser};
use crate::domain::rates::Act;
use crate::domain::text::DISPLAY_NAME_CHARS as LONGEST;
use crate::domain::{DisplayName, Email, Password, Refusal, UserId, Username};
use crate::http::auth::Caller;
use crate::http::body::{Body, StrangersBody};
use crate::http::current_password::require_password;
use crate::http::origin::{peer_ip, refuse_foreign};
use crate::http::page_bytes::{PAGE_BYTES, keep_first};
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::accounts::administrators::LastAdmin;
use crate::store::accounts::{self, Account};
use crate::wire::instant::serialize_instant;
use crate::wire::{Code, Problem};

/// What an account needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    /// 3 to 32 letters of one script, whichever, with their marks, digits, `.`, `_` and `-`; unique in any case.
    username: String,
    /// 6 to 1024 bytes.
    password: String,
    /// One `@` with something on both sides; unique in any case.
    email: String,
    /// The code of an administrator's invitation, where one is needed.
    invite: Option<String>,
}

/// A new account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Registered {
    id: i64,
    username: String,
    email: String,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
}

/// An account as others see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    id: i64,
    username: String,
    /// Only to an administrator and to its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Shown instead of the username.
    display_name: Option<String>,
    /// May manage accounts.
    is_admin: bool,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
}

impl User {
    fn seen_by(caller: &Caller, account: Account) -> Self {
        Self {
            id: account.id.0,
            username: account.username,
            email: caller.may_manage(account.id).then_some(account.email),
            display_name: account.display_name,
            is_admin: account.is_admin,
            created_at: account.created_at,
        }
    }
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Users {
    users: Vec<User>,
    /// If there is more: what to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// What to change of an account; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    /// 3 to 32 letters of one script, whichever, with their marks, digits, `.`, `_` and `-`; unique in any case.
    pub(super) username: Option<String>,
    /// 6 to 1024 bytes. A new password signs all other devices out.
    pub(super) password: Option<String>,
    /// One `@` with something on both sides; unique in any case.
    pub(super) email: Option<String>,
    /// 1 to 64 characters that can be seen, shown instead of the username; an empty one takes it away.
    #[schema(max_length = 64)]
    pub(super) display_name: Option<String>,
    /// The password until now: for a new password or address of one's own.
    pub(super) current_password: Option<String>,
}

/// Whose account it is that ends.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Farewell {
    /// The password, if it is one's own account.
    pub(super) current_password: Option<String>,
}

/// Makes an account, if the server lets the caller: everybody, who brings an invitation, or nobody.
/// The first one is the administrator.
#[utoipa::path(post, path = "/register", tag = "accounts", security(()),
    request_body = Registration, responses((status = 201, body = Registered)))]
pub(crate) async fn register(request: HttpRequest, engine: App, body: StrangersBody) -> Answer {
    refuse_foreign(request.head(), engine.config())?;
    let input: Registration = body.json().await?;
    let peer = peer_ip(request.head(), engine.config());
    let command = SignUp {
        username: Username::parse(&input.username)?,
        email: Email::parse(&input.email)?,
        password: Password::parse(&input.password)?,
        invite: input.invite,
        peer,
    };
    // Before anything that costs: the invitation is looked up and the password hashed.
    let from = engine.rate_limits().spend_of_address(peer, Act::Register);
    from.and_then(|()| engine.rate_limits().spend_of_all(Act::RegisterAll))
        .map_err(too_many_accounts)?;
    let account = engine.sign_up(command).await?;
    Ok(HttpResponse::Created().json(Registered {
        id: account.id.0,
        username: account.username,
        email: account.email,
        created_at: account.created_at,
    }))
}

fn too_many_accounts(wait: Duration) -> Problem {
    let text = "too many accounts are being made at once; wait a while";
    Problem::new(Code::TOO_FAST, text).after(wait)
}

/// Everybody with an account, by id; or those in whose names each word of a text is found, the best first.
#[utoipa::path(get, path = "/api/users", tag = "accounts",
    params(("after" = Option<i64>, Query), ("query" = Option<String>, Query), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Users)))]
pub(crate) async fn list(engine: App, caller: Caller, query: Query) -> Answer {
    let (after, limit) = (UserId(query.after()?), query.limit()?);
    let mut accounts = match query.text("query") {
        Some(text) if text.chars().count() > LONGEST || text.chars().any(char::is_control) => {
            let text = format!("query takes {LONGEST} characters at most, none of control");
            return Err(Problem::new(Code::INVALID_QUERY, text));
        }
        Some(text) => accounts::find(engine.store(), text, limit.rows()).await?,
        None => accounts::page(engine.store(), after, limit.rows()).await?,
    };
    let mut more = limit.cut(&mut accounts);
    let seen = accounts.into_iter().map(|account| User::seen_by(&caller, account));
    let mut users: Vec<_> = seen.collect();
    more |= keep_first(&mut users, PAGE_BYTES);
    // There is no next page of the best.
    let more = more && query.text("query").is_none();
    let next = users.last().filter(|_| more).map(|last| last.id);
    Ok(HttpResponse::Ok().json(Users { users, next }))
}

/// One account.
#[utoipa::path(get, path = "/api/users/{id}", tag = "accounts", params(("id" = i64, Path)),
    responses((status = 200, body = User)))]
pub(crate) async fn show(engine: App, caller: Caller, id: web::Path<i64>) -> Answer {
    answer(&caller, existing(&engine, UserId(*id)).await?)
}

/// Changes an account: one's own, or any by an administrator.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "accounts", params(("id" = i64, Path)),
    request_body = AccountChange, responses((status = 200, body = User)))]
pub(crate) async fn change(
    request: HttpRequest,
    engine: App,
    id: web::Path<i64>,
    body: Body,
) -> Answer {
    let (caller, input) = body.json().await?;
    update(&engine, &caller, UserId(*id), &request, input).await
}

/// Deletes an account: one's own, with the current password, or any by an administrator; the last
/// administrator's stays. What it said stays, from a "deleted user".
#[utoipa::path(delete, path = "/api/users/{id}", tag = "accounts", params(("id" = i64, Path)),
    request_body = Option<Farewell>, responses((status = 204)))]
pub(crate) async fn remove(
    request: HttpRequest,
    engine: App,
    id: web::Path<i64>,
    body: Body,
) -> Answer {
    let (caller, input) = body.json_or_default::<Farewell>().await?;
    delete(&engine, &caller, UserId(*id), &request, input, caller.last_admin()).await
}

/// The account that is signed in.
#[utoipa::path(get, path = "/api/me", tag = "accounts", responses((status = 200, body = User)))]
pub(crate) async fn me(engine: App, caller: Caller) -> Answer {
    let user = caller.device()?.user;
    answer(&caller, existing(&engine, user).await?)
}

/// Changes the account that is signed in.
#[utoipa::path(patch, path = "/api/me", tag = "accounts",
    request_body = AccountChange, responses((status = 200, body = User)))]
pub(crate) async fn change_me(request: HttpRequest, engine: App, body: Body) -> Answer {
    let (caller, input) = body.json().await?;
    let user = caller.device()?.user;
    update(&engine, &caller, user, &request, input).await
}

fn answer(caller: &Caller, account: Account) -> Answer {
    Ok(HttpResponse::Ok().json(User::seen_by(caller, account)))
}

async fn existing(engine: &Engine, user: UserId) -> Result<Account, Problem> {
    let account = accounts::by_id(engine.store(), user).await?;
    let active = account.filter(|account| account.deactivated_at.is_none());
    Ok(active.ok_or(Refusal::UserNotFound)?)
}

/// Colleagues see each other, so for one that exists the answer is 403 and not 404.
pub(super) async fn require_management(
    engine: &Engine,
    caller: &Caller,
    user: UserId,
) -> Result<(), Problem> {
    if caller.may_manage(user) {
        return Ok(());
    }
    existing(engine, user).await?;
    let text = "this is somebody else's account; only an administrator may change it";
    Err(Problem::new(Code::FORBIDDEN, text))
}

pub(super) async fn update(
    engine: &Engine,
    caller: &Caller,
    user: UserId,
    request: &HttpRequest,
    input: AccountChange,
) -> Answer {
    require_management(engine, caller, user).await?;
    engine.rate_limits().spend(caller.user(), Act::Account)?;
    if input.password.is_some() {
        engine.rate_limits().spend(caller.user(), Act::Password)?;
    }
    let command = UpdateUser {
        right: caller.right_over(user),
        user,
        username: input.username.as_deref().map(Username::parse).transpose()?,
        email: input.email.as_deref().map(Email::parse).transpose()?,
        display_name: input.display_name.as_deref().map(display_name).transpose()?,
        password: input.password.as_deref().map(Password::parse).transpose()?,
        keep: caller.device().ok().map(|device| device.token),
    };
    if command.password.is_some() || command.email.is_some() {
        let current = input.current_password.as_deref();
        require_password(engine, caller, user, request, current).await?;
    }
    answer(caller, engine.update_user(command).await?)
}

/// An empty one is none.
fn display_name(text: &str) -> Result<Option<DisplayName>, Refusal> {
    match text.trim() {
        "" => Ok(None),
        text => DisplayName::parse(text).map(Some),
    }
}

pub(super) async fn delete(
    engine: &Engine,
    caller: &Caller,
    user: UserId,
    request: &HttpRequest,
    farewell: Farewell,
    last_admin: LastAdmin,
) -> Answer {
    require_management(engine, caller, user).await?;
    engine.rate_limits().spend(caller.user(), Act::Account)?;
    let current = farewell.current_password.as_deref();
    require_password(engine, caller, user, request, current).await?;
    let command = DeleteUser {
        right: caller.right_over(user),
        user,
        last_admin,
    };
    engine.delete_user(command).await?;
    Ok(HttpResponse::NoContent().finish())
}
