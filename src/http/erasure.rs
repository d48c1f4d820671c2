//! `/api/users/{id}/erase`: what is personal of an account goes for good.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actors::messages::EraseUser;
use crate::domain::names::forms::composed;
use crate::domain::rates::Act;
use crate::domain::{Refusal, UserId};
use crate::http::accounts::require_management;
use crate::http::body::Body;
use crate::http::current_password::require_password;
use crate::http::{Answer, App};
use crate::store::accounts;
use crate::wire::{Code, Problem};

/// That it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    /// The username of the account that is erased, since nothing brings it back.
    confirm: String,
    /// The password, if it is one's own account.
    current_password: Option<String>,
}

/// Erases an account for good: one's own, or any by an administrator, deleted ones too; the last
/// administrator's stays. One's own takes the current password. Name, address, password and devices are gone; the name is free for
/// others when it has rested. What it
/// said stays, from a "deleted user".
#[utoipa::path(post, path = "/api/users/{id}/erase", tag = "accounts", params(("id" = i64, Path)),
    request_body = Confirmation, responses((status = 204)))]
pub(crate) async fn erase(
    request: HttpRequest,
    engine: App,
    id: web::Path<i64>,
    body: Body,
) -> Answer {
    let user = UserId(*id);
    let (caller, input) = body.json::<Confirmation>().await?;
    require_management(&engine, &caller, user).await?;
    let account = accounts::by_id(engine.store(), user).await?;
    let account = account.filter(|account| !account.is_erased).ok_or(Refusal::UserNotFound)?;
    if composed(&input.confirm) != composed(&account.username) {
        let text = "confirm must be the username of the account that is erased for good";
        return Err(Problem::new(Code::NOT_CONFIRMED, text));
    }
    engine.rate_limits().spend(caller.user(), Act::Account)?;
    let current = input.current_password.as_deref();
    require_password(&engine, &caller, user, &request, current).await?;
    let command = EraseUser {
        right: caller.right_over(user),
        user,
        last_admin: caller.last_admin(),
    };
    engine.erase_user(command).await?;
    Ok(HttpResponse::NoContent().finish())
}
