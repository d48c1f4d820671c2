//! `/api/health`, `/api/ready` and `/metrics`: for those who keep the server running.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{Accept, CONTENT_TYPE, Quality};
use actix_web::rt::time::timeout;
use actix_web::web::Header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::RegistrationMode;
use crate::domain::Refusal;
use crate::http::auth::Caller;
use crate::http::{Answer, App};
use crate::store::accounts;
use crate::wire::{Code, Problem};

/// How long the database may take to say that it is there.
const PING_WITHIN: Duration = Duration::from_secs(2);

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const OLDER_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What runs here.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    version: &'static str,
    /// Does it believe everybody?
    trust: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    /// `sqlite` or `postgres`.
    store: &'static str,
    /// Who may make an account: `open`, `invite` or `closed`.
    registration: &'static str,
    /// Said where several servers may be on one database.
    #[serde(skip_serializing_if = "Option::is_none")]
    bus: Option<BusHealth>,
}

/// Is heard what the other servers on the database tell?
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BusHealth {
    /// It is.
    Ok,
    /// It is not: what they store is found in the database, up to a second later.
    Away,
}

impl BusHealth {
    fn of(engine: &App) -> Option<Self> {
        let hears = engine.directory().hears_others()?;
        Some(if hears { Self::Ok } else { Self::Away })
    }
}

/// What one who is not signed in may know.
#[derive(Serialize, ToSchema)]
pub(crate) struct About {
    version: &'static str,
    /// Who may make an account: `open`, `invite` or `closed`.
    registration: &'static str,
    /// Said while anybody may make the first account, which is the administrator's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_empty: bool,
}

/// Is it able to serve?
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`.
    status: &'static str,
    /// Said where several servers may be on one database. A server without its bus is ready all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    bus: Option<BusHealth>,
}

/// What the page shows before anybody has signed in.
#[utoipa::path(get, path = "/api/about", tag = "health", security(()),
    responses((status = 200, body = About)))]
pub(crate) async fn about(engine: App) -> HttpResponse {
    let registration = engine.config().registration;
    // Without the database the rest can be told all the same.
    let is_empty = registration == RegistrationMode::Open
        && matches!(timeout(PING_WITHIN, accounts::is_any(engine.store())).await, Ok(Ok(false)));
    HttpResponse::Ok().json(About {
        version: env!("CARGO_PKG_VERSION"),
        registration: registration.as_str(),
        is_empty,
    })
}

/// Is the process alive, and what is it?
#[utoipa::path(get, path = "/api/health", tag = "health", security(()),
    responses((status = 200, body = Health)))]
pub(crate) async fn health(engine: App) -> HttpResponse {
    let trust = engine.config().trust;
    HttpResponse::Ok().json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        trust,
        warning: trust.then_some("--trust: no credentials, everybody is believed"),
        store: if engine.store().is_sqlite() {
            "sqlite"
        } else {
            "postgres"
        },
        registration: engine.config().registration.as_str(),
        bus: BusHealth::of(&engine),
    })
}

/// Should it be sent requests? 503 while it stops, or while its database does not answer.
#[utoipa::path(get, path = "/api/ready", tag = "health", security(()),
    responses((status = 200, body = Ready)))]
pub(crate) async fn ready(engine: App) -> Answer {
    if engine.directory().is_leaving() {
        return Err(Refusal::GoingAway.into());
    }
    match timeout(PING_WITHIN, engine.store().ping()).await {
        Ok(Ok(())) => Ok(HttpResponse::Ok().json(Ready {
            status: "ready",
            bus: BusHealth::of(&engine),
        })),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Problem::new(Code::UNAVAILABLE, "the database does not answer")),
    }
}

/// Figures for Prometheus: for administrators. A scraper sends an administrator's token. In the format
/// of OpenMetrics to whoever asks for that, as Prometheus does, and else in the older text format.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, content((String = "application/openmetrics-text"), (String = "text/plain")))))]
pub(crate) async fn metrics(engine: App, caller: Caller, accept: Option<Header<Accept>>) -> Answer {
    caller.require_operator()?;
    let metrics = engine.metrics();
    let (kind, text) = match accept.is_some_and(|accept| prefers_openmetrics(&accept)) {
        true => (OPENMETRICS, metrics.openmetrics()),
        false => (OLDER_TEXT, metrics.text()),
    };
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).body(text))
}

/// Is it named, and before the older format?
fn prefers_openmetrics(accept: &Accept) -> bool {
    let quality = |names: fn(&str, &str) -> bool| {
        let kinds = accept.iter();
        let named =
            kinds.filter(|one| names(one.item.type_().as_str(), one.item.subtype().as_str()));
        named.map(|one| one.quality).max().unwrap_or(Quality::ZERO)
    };
    let openmetrics = quality(|_, format| format == "openmetrics-text");
    let text = quality(|kind, _| kind == "text");
    openmetrics > Quality::ZERO && openmetrics >= text
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::Header as _;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn openmetrics_is_for_whoever_names_it() {
        let prometheus_2 = "application/openmetrics-text;version=1.0.0,\
            application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (accepted, prefers) in [
            (prometheus_2, true),
            ("application/openmetrics-text", true),
            ("text/plain;q=0.5, application/openmetrics-text", true),
            ("text/plain", false),
            ("text/plain, application/openmetrics-text;q=0.5", false),
            ("application/openmetrics-text;q=0", false),
            ("*/*", false),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
        ] {
            let request =
                TestRequest::default().insert_header(("Accept", accepted)).to_http_request();
            let accept = Accept::parse(&request);
            let found = accept.is_ok_and(|accept| prefers_openmetrics(&accept));
            assert_eq!(found, prefers, "{accepted}");
        }
    }
}
