//! Where nothing is: JSON for programs, and a page with the way back for people who opened an address by hand.

use actix_web::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, VARY};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::Answer;
use crate::wire::{Code, Problem};

/// In both languages of the page, since nobody has chosen one yet.
const PAGE: &str = include_str!("not_found.html");

/// Nothing is at this path. `place` is the path below which the server is.
pub(super) fn answer(request: &HttpRequest, place: &str) -> Answer {
    if !is_read(request) {
        return Err(problem());
    }
    let home = format!("{place}/").replace('&', "&amp;").replace('"', "&quot;");
    Ok(HttpResponse::NotFound()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .insert_header((VARY, "accept"))
        .body(PAGE.replace("{home}", &home)))
}

/// The same for a program.
pub(super) fn problem() -> Problem {
    Problem::new(Code::NOT_FOUND, "there is nothing here; /api/docs lists what there is")
}

/// Does a person read the answer? Browsers say that they would like a page; nothing of the API is one.
fn is_read(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    !request.path().starts_with("/api/")
        && accept.is_some_and(|accept| accept.contains("text/html"))
}
