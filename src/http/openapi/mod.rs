//! The whole API for programs, `/api/openapi.json` (OpenAPI 3.1), and for readers, `/api/docs`. The
//! page's assets are in the binary; it fetches nothing from elsewhere.
//!
//! The attributes of the handlers say what each takes and answers. `common_parts` adds what follows from
//! that, and `bounds` what requests may hold.

mod bounds;
mod common_parts;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ContentType, LOCATION,
};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::Config;

use crate::http::cookie;
use crate::http::openapi::common_parts::complete;
use crate::http::problem::ProblemBody;
use crate::http::{
    Answer, App, accounts, chats, classic, erasure, events, file_bytes, files, health, invites,
    members, message, messages, read_commands, search, sync, tokens, uploads,
};
use crate::wire::{Code, Problem};

/// From the page in `/api/docs/`.
const DOCUMENT: &str = "../openapi.json";

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
        files::upload, file_bytes::download,
        uploads::create, uploads::show, uploads::append, uploads::remove,
        search::search, sync::sync, read_commands::read, read_commands::unread, read_commands::mute,
        events::stream,
        health::about, health::health, health::ready, health::metrics,
        classic::update_user, classic::delete_user, classic::create_chat, classic::delete_chat,
        classic::add_member, classic::remove_member, classic::announce, classic::announcements,
    ),
    components(schemas(ProblemBody)),
    security(("token" = []), ("cookie" = [])),
    modifiers(&Security),
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

/// The document.
pub(crate) fn document() -> Value {
    complete(json!(Api::openapi()))
}

/// `/api/openapi.json`. It is always the same, but for where on its host the server is.
pub(crate) async fn json(engine: App) -> HttpResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    let mut answer = HttpResponse::Ok();
    answer.content_type(ContentType::json());
    match engine.config().public_url.path() {
        "" => answer.body(TEXT.as_str()),
        path => {
            let url = format!("\"url\":{}", Value::from(path));
            answer.body(TEXT.replacen("\"url\":\"/\"", &url, 1))
        }
    }
}

/// `/api/docs`, whose page needs the slash to find its files. It is named beside this one, since the
/// server may be below a path of its host.
pub(crate) async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "docs/")).finish()
}

/// The page and its files.
pub(crate) async fn page(file: web::Path<String>) -> Answer {
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
