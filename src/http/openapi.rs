//! The whole API for programs, `/api/openapi.json` (OpenAPI 3.1), and for readers, `/api/docs`. The
//! page's assets are in the binary; it fetches nothing from elsewhere.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use actix_web::{HttpResponse, web};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, PathItem, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::Config;

use crate::http::cookie;
use crate::http::problem::ProblemBody;
use crate::http::{
    Answer, accounts, chats, classic, erasure, events, health, invites, members, message, messages,
    reading, sync, tokens,
};
use crate::wire::{Code, Problem};

const DOCUMENT: &str = "/api/openapi.json";

/// Swagger UI sets inline styles and has its pictures in data URLs; its scripts are files.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
                           img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                           form-action 'self'; frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vestnik",
        description = "A self-hosted messenger. Sockets are described in docs/protocol.md and at /api/asyncapi.json.",
    ),
    paths(
        accounts::register, tokens::sign_in, tokens::list, tokens::revoke, tokens::sign_out,
        tokens::issue_ticket,
        accounts::list, accounts::show, accounts::change, accounts::remove,
        accounts::me, accounts::change_me, erasure::erase,
        invites::list, invites::create, invites::revoke,
        chats::list, chats::create, chats::start_private, chats::show, chats::rename, chats::remove,
        members::list, members::join, members::change, members::leave,
        messages::list, messages::send,
        message::show, message::edit, message::remove, message::versions,
        message::react, message::take_back, message::pins, message::pin, message::unpin,
        sync::sync, reading::read, reading::unread, reading::mute,
        events::stream,
        health::about, health::health, health::ready, health::metrics,
        classic::update_user, classic::delete_user, classic::create_chat, classic::delete_chat,
        classic::add_member, classic::remove_member, classic::announce, classic::announcements,
    ),
    components(schemas(ProblemBody)),
    security(("token" = []), ("cookie" = [])),
    modifiers(&Security, &Common),
)]
struct Api;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(cookie::NAME, cookie::NAME_RULE));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    }
}

/// What all operations have in common is said here and not on each.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        for path in document.paths.paths.values_mut() {
            let PathItem {
                get,
                put,
                post,
                patch,
                delete,
                ..
            } = path;
            for operation in [get, put, post, patch, delete].into_iter().flatten() {
                complete(operation);
            }
        }
    }
}

fn complete(operation: &mut Operation) {
    // Each resource has a `list`, but ids are unique.
    let tag = operation.tags.iter().flatten().next();
    if let (Some(tag), Some(id)) = (tag, &mut operation.operation_id) {
        *id = format!("{tag}_{id}");
    }
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response {
            let status: Option<StatusCode> = status.parse().ok();
            let reason = status.and_then(|status| status.canonical_reason());
            response.description = reason.unwrap_or_default().to_owned();
        }
    }
    let problem = Ref::from_schema_name("Problem");
    let failure = ResponseBuilder::new()
        .description("Refused or failed; `code` says why.")
        .content("application/json", Content::new(Some(problem)));
    responses.insert("default".into(), failure.build().into());
}

/// The document.
pub fn document() -> Document {
    Api::openapi()
}

/// `/api/openapi.json`.
pub async fn json() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

/// `/api/docs`, whose page needs the slash to find its files.
pub async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "/api/docs/"))
        .finish()
}

/// The page and its files.
pub async fn page(file: web::Path<String>) -> Answer {
    let config = Config::from(DOCUMENT).validator_url("none");
    let file = utoipa_swagger_ui::serve(&file, Arc::new(config)).map_err(|error| {
        log::error!("the page of the API could not be made: {error}");
        Problem::new(Code::INTERNAL, "the server failed; its log says why")
    })?;
    let file = file.ok_or_else(|| Problem::new(Code::NOT_FOUND, "there is no such file"))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.content_type))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(file.bytes.into_owned()))
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    fn operations() -> Vec<(String, Method)> {
        let document = document();
        let of_path = |(path, item): (String, PathItem)| {
            let PathItem {
                get,
                put,
                post,
                patch,
                delete,
                ..
            } = item;
            let all = [
                (Method::GET, get),
                (Method::PUT, put),
                (Method::POST, post),
                (Method::PATCH, patch),
                (Method::DELETE, delete),
            ];
            let there = all.into_iter().filter(|(_, operation)| operation.is_some());
            there.map(move |(method, _)| (path.clone(), method))
        };
        document.paths.paths.into_iter().flat_map(of_path).collect()
    }

    #[actix_web::test]
    async fn what_is_documented_is_there() {
        let app = init_service(App::new().configure(crate::http::configure)).await;
        for (path, method) in operations() {
            let uri = path.replace("{id}", "1").replace("{user_id}", "1");
            let request = TestRequest::with_uri(&uri).method(method.clone()).to_request();
            // Without an engine nothing is served, but it is found.
            let status = call_service(&app, request).await.status();
            let missing = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
            assert!(!missing.contains(&status), "{method} {path}: {status}");
        }
    }
}
