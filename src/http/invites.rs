//! `/api/invites`: with whose code in hand strangers may make accounts. For administrators.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::messages::{CreateInvite, RevokeInvite};
use crate::domain::rates::Act;
use crate::domain::{InviteId, InviteTerms};
use crate::http::auth::Caller;
use crate::http::body::Body;
use crate::http::members::optional_instant;
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::invites::{self, Invite as Row};
use crate::wire::instant::serialize_instant;
use crate::wire::integer;

/// How long and how often an invitation is good.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    /// A week unless it is said.
    #[serde(default, deserialize_with = "integer::optional")]
    expires_in_hours: Option<i64>,
    /// How many accounts it makes.
    #[serde(default, deserialize_with = "integer::optional")]
    max_uses: Option<i64>,
}

/// A new invitation, with its code, which nobody is told again.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewInvite {
    id: i64,
    /// For `invite` at `POST /register`.
    code: String,
    /// The end of a link to this server that bears the code.
    path: String,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "serialize_instant")]
    expires_at: DateTime<Utc>,
    max_uses: i64,
    uses: i64,
}

/// An invitation, without its code.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invite {
    id: i64,
    /// The administrator who made it; null under `--trust`.
    created_by: Option<i64>,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "serialize_instant")]
    expires_at: DateTime<Utc>,
    /// How many accounts it makes.
    max_uses: i64,
    /// How many it has made.
    uses: i64,
    /// Since when it is taken back.
    #[serde(serialize_with = "optional_instant")]
    revoked_at: Option<DateTime<Utc>>,
}

impl From<Row> for Invite {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            created_by: row.created_by.map(|user| user.0),
            created_at: row.created_at,
            expires_at: row.expires_at,
            max_uses: row.max_uses,
            uses: row.uses,
            revoked_at: row.revoked_at,
        }
    }
}

/// A page of invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invites {
    invites: Vec<Invite>,
    /// If there is more: what to pass as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Makes an invitation, by an administrator. Its code is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/invites", tag = "invites",
    request_body = Terms, responses((status = 201, body = NewInvite)))]
pub(crate) async fn create(engine: App, body: Body) -> Answer {
    let (caller, input) = body.json::<Terms>().await?;
    caller.require_operator()?;
    let command = CreateInvite {
        right: caller.right_to_manage(),
        terms: InviteTerms::parse(input.expires_in_hours, input.max_uses)?,
    };
    engine.rate_limits().spend(caller.user(), Act::Invite)?;
    let invited = engine.create_invite(command).await?;
    Ok(HttpResponse::Created().json(NewInvite {
        id: invited.invite.id.0,
        // Of characters that need no escaping. What is behind # is sent to no server and stands in no
        // log.
        path: format!("/#/invite/{}", invited.code),
        code: invited.code,
        created_at: invited.invite.created_at,
        expires_at: invited.invite.expires_at,
        max_uses: invited.invite.max_uses,
        uses: invited.invite.uses,
    }))
}

/// The invitations by id, for administrators: those that are good, and for a month those that were.
#[utoipa::path(get, path = "/api/invites", tag = "invites",
    params(("after" = Option<i64>, Query), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Invites)))]
pub(crate) async fn list(engine: App, caller: Caller, query: Query) -> Answer {
    caller.require_operator()?;
    let (after, limit) = (InviteId(query.after()?), query.limit()?);
    let mut rows = invites::page(engine.store(), after, limit.rows()).await?;
    let more = limit.cut(&mut rows);
    let next = rows.last().filter(|_| more).map(|last| last.id.0);
    let invites = rows.into_iter().map(Invite::from).collect();
    Ok(HttpResponse::Ok().json(Invites { invites, next }))
}

/// Takes an invitation back, by an administrator: it makes no account after this answer.
#[utoipa::path(delete, path = "/api/invites/{id}", tag = "invites", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn revoke(engine: App, caller: Caller, id: web::Path<i64>) -> Answer {
    caller.require_operator()?;
    engine.rate_limits().spend(caller.user(), Act::Invite)?;
    let (right, invite) = (caller.right_to_manage(), InviteId(*id));
    engine.revoke_invite(RevokeInvite { right, invite }).await?;
    Ok(HttpResponse::NoContent().finish())
}
