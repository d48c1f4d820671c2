//! Every route, on one page. `/ws` is missing: an upgrade never reaches these
//! ([`socket`](super::socket)), and who asks for it without one is told so.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, ResponseError, Route,
    guard, web,
};

use crate::http::{
    Answer, App, accounts, answer_bodies, assets, asyncapi, chats, classic, delayed_refusals,
    erasure, events, file_bytes, files, headers, health, invites, members, message, messages,
    not_found, openapi, read_commands, search, sync, tokens, uploads,
};
use crate::wire::{Code, Problem};

/// Adds all routes to an `App` whose data is the [`Engine`](crate::actors::engine::Engine).
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(all());
    // What is no path: `OPTIONS *`.
    config.default_service(web::to(other).wrap(from_fn(headers::add)));
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn all() -> impl HttpServiceFactory {
    web::scope("")
        .wrap(from_fn(headers::add))
        .wrap(from_fn(answer_bodies::meter))
        // Outside of that, so that whoever is held back holds up nothing else of theirs.
        .wrap(from_fn(delayed_refusals::delay_all))
        .app_data(web::PathConfig::default().error_handler(|_, _| not_found::problem().into()))
        // The web client
        .service(at("/", [get(assets::serve)]))
        .default_service(web::to(other))
        // Signing in
        .service(at("/register", [post(accounts::register)]))
        .service(at("/auth", [post(tokens::sign_in)]))
        .service(at("/api/tokens", [get(tokens::list)]))
        .service(at("/api/tokens/current", [delete(tokens::sign_out)]))
        .service(at("/api/tokens/{id}", [delete(tokens::revoke)]))
        .service(at("/api/ws-ticket", [post(tokens::issue_ticket)]))
        // Users
        .service(at("/api/me", [get(accounts::me), patch(accounts::change_me)]))
        .service(at("/api/users", [get(accounts::list)]))
        .service(at(
            "/api/users/{id}",
            [
                get(accounts::show),
                patch(accounts::change),
                delete(accounts::remove),
            ],
        ))
        .service(at("/api/users/{id}/erase", [post(erasure::erase)]))
        .service(at("/api/invites", [get(invites::list), post(invites::create)]))
        .service(at("/api/invites/{id}", [delete(invites::revoke)]))
        .service(at("/api/users/{id}/chat", [post(chats::start_private)]))
        // Chats
        .service(at("/api/chats", [get(chats::list), post(chats::create)]))
        .service(at(
            "/api/chats/{id}",
            [
                get(chats::show),
                patch(chats::rename),
                delete(chats::remove),
            ],
        ))
        .service(at("/api/chats/{id}/members", [get(members::list), post(members::join)]))
        .service(at(
            "/api/chats/{id}/members/{user_id}",
            [patch(members::change), delete(members::leave)],
        ))
        .service(at("/api/chats/{id}/messages", [get(messages::list), post(messages::send)]))
        .service(at(
            "/api/chats/{id}/messages/{message_id}",
            [
                get(message::show),
                patch(message::edit),
                delete(message::remove),
            ],
        ))
        .service(at("/api/chats/{id}/messages/{message_id}/versions", [get(message::versions)]))
        .service(at(
            "/api/chats/{id}/messages/{message_id}/reactions/{emoji}",
            [put(message::react), delete(message::take_back)],
        ))
        .service(at("/api/chats/{id}/pins", [get(message::pins)]))
        .service(at(
            "/api/chats/{id}/pins/{message_id}",
            [put(message::pin), delete(message::unpin)],
        ))
        .service(at("/api/chats/{id}/read", [put(read_commands::read)]))
        .service(at("/api/chats/{id}/unread", [put(read_commands::unread)]))
        .service(at("/api/chats/{id}/mute", [put(read_commands::mute)]))
        .service(at("/api/search", [get(search::search)]))
        // Files
        .service(at("/api/files", [post(files::upload)]))
        .service(at("/api/files/{id}", [get(file_bytes::download)]))
        .service(at("/api/uploads", [post(uploads::create), options(uploads::capabilities)]))
        .service(at(
            "/api/uploads/{id}",
            [
                head(uploads::show),
                patch(uploads::append),
                delete(uploads::remove),
                options(uploads::capabilities),
            ],
        ))
        .service(at("/api/sync", [post(sync::sync)]))
        .service(at("/ws", [get(upgrade_required)]))
        .service(at("/api/events", [get(events::stream)]))
        // The names of Corp Messenger and Chat Gopher
        .service(at("/updateUser", [put(classic::update_user)]))
        .service(at("/deleteUser", [delete(classic::delete_user)]))
        .service(at("/createChat", [post(classic::create_chat)]))
        .service(at("/deleteChat", [delete(classic::delete_chat)]))
        .service(at("/addMember", [post(classic::add_member)]))
        .service(at("/removeMember", [delete(classic::remove_member)]))
        .service(at("/api/messages", [get(classic::announcements), post(classic::announce)]))
        // Running it
        .service(at("/api/about", [get(health::about)]))
        .service(at("/api/health", [get(health::health)]))
        .service(at("/api/ready", [get(health::ready)]))
        // The names by which orchestrators ask
        .service(at("/healthz", [get(health::health)]))
        .service(at("/readyz", [get(health::ready)]))
        .service(at("/metrics", [get(health::metrics)]))
        .service(at("/api/openapi.json", [get(openapi::json)]))
        .service(at("/api/asyncapi.json", [get(asyncapi::json)]))
        .service(at("/api/docs", [get(openapi::redirect)]))
        .service(at("/api/docs/{file:.*}", [get(openapi::page)]))
}

/// One path with its methods; `OPTIONS` tells them, and any other method is 405, with `Allow`.
fn at<const N: usize>(path: &str, methods: [(Method, Route); N]) -> Resource {
    let mut allow = Vec::new();
    let mut resource = web::resource(path);
    for (method, route) in methods {
        allow.push(method.to_string());
        resource = resource.route(if method == Method::GET {
            allow.push(Method::HEAD.to_string());
            route.guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            route.method(method)
        });
    }
    if !allow.contains(&Method::OPTIONS.to_string()) {
        allow.push(Method::OPTIONS.to_string());
    }
    let allow = allow.join(", ");
    resource.default_service(web::to(move |method: Method| {
        let answer = other_method(&method, &allow);
        async move { answer }
    }))
}

macro_rules! methods {
    ($($name:ident = $method:ident),*) => {
        $(fn $name<F, Args>(handler: F) -> (Method, Route)
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            (Method::$method, web::to(handler))
        })*
    };
}

methods!(
    get = GET,
    head = HEAD,
    post = POST,
    put = PUT,
    patch = PATCH,
    delete = DELETE,
    options = OPTIONS
);

/// A file of the web client, or nothing.
async fn other(request: HttpRequest, engine: App) -> Answer {
    const READ: &str = "GET, HEAD, OPTIONS";
    let is_all = request.path() == "*" && request.method() == Method::OPTIONS;
    let place = engine.config().public_url.path();
    match *request.method() {
        _ if is_all => {
            Ok(other_method(request.method(), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
        }
        // The page finds its files beside it, which the slash decides.
        Method::GET | Method::HEAD if !place.is_empty() && request.path() == place => {
            let below = format!("{place}/");
            Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, below)).finish())
        }
        _ if !assets::is_there(request.path(), &engine) => not_found::answer(&request, place),
        Method::GET | Method::HEAD => assets::serve(request, engine).await,
        _ => Ok(other_method(request.method(), READ)),
    }
}

/// What a path answers to a method that it has no handler for: `OPTIONS`, as checkers send it, and
/// all that it does not take.
fn other_method(method: &Method, allow: &str) -> HttpResponse {
    let mut response = match *method {
        Method::OPTIONS => HttpResponse::NoContent().finish(),
        _ => {
            let text = format!("this path takes {allow}");
            Problem::new(Code::METHOD_NOT_ALLOWED, text).error_response()
        }
    };
    if let Ok(allow) = allow.parse() {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

async fn upgrade_required() -> HttpResponse {
    let text = "this is for WebSockets: wscat -c 'ws://HOST/ws?chat_id=1&user_id=1'";
    Problem::new(Code::UPGRADE_REQUIRED, text).error_response()
}
