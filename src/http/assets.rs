//! The web client, from the binary: the page at `/`, which a browser asks for anew each time, and its
//! files, which it may keep for ever, since their paths change with them. `--web-dir` serves a folder
//! instead, for who works on the page.

use std::path::{Component, Path, PathBuf};

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETag, Encoding, EntityTag, Header, IF_NONE_MATCH, IfNoneMatch, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::{Answer, App};
use crate::wire::{Code, Problem};

/// A file of the client, as the build script has put it here.
struct Asset {
    path: &'static str,
    etag: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Scripts and styles are files of ours; pictures may be drawn by the page itself (its badge).
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                           require-trusted-types-for 'script'";
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_ANEW: &str = "no-cache";

/// Is this one of the client's files?
pub(crate) fn is_there(path: &str, engine: &App) -> bool {
    match &engine.config().web_dir {
        Some(folder) => in_folder(folder, path).is_some_and(|file| file.is_file()),
        None => ASSETS.iter().any(|asset| asset.path == path),
    }
}

/// The page, or one of its files.
pub(crate) async fn serve(request: HttpRequest, engine: App) -> Answer {
    let path = match request.path() {
        "/" => "/index.html",
        path => path,
    };
    if let Some(folder) = &engine.config().web_dir {
        return from_folder(folder, path);
    }
    let asset = ASSETS.iter().find(|asset| asset.path == path).ok_or_else(not_found)?;
    let is_gzip = asset.gzip.len() < asset.plain.len() && takes_gzip(&request);
    let tag = asset.tag(is_gzip);
    let mut response = HttpResponse::Ok();
    response
        .insert_header(ETag(tag.clone()))
        .insert_header((ACCEPT_RANGES, "none"))
        .insert_header((CONTENT_TYPE, content_type(path)))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((VARY, "accept-encoding"))
        .insert_header((CACHE_CONTROL, cache_control(path)));
    if has_it(&request, &tag) {
        // With all the headers, since a browser takes them over.
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    if is_gzip {
        response.insert_header((CONTENT_ENCODING, "gzip"));
        return Ok(response.body(asset.gzip));
    }
    Ok(response.body(asset.plain))
}

impl Asset {
    /// One for each encoding: they are not the same bytes (RFC 9110, 8.8.3).
    fn tag(&self, is_gzip: bool) -> EntityTag {
        let hash = self.etag.trim_matches('"');
        EntityTag::new_strong(if is_gzip {
            format!("{hash}-gzip")
        } else {
            hash.to_owned()
        })
    }
}

/// What the client would rather have, by what it says of each encoding.
fn takes_gzip(request: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    let wanted = AcceptEncoding::parse(request).ok();
    wanted.and_then(|wanted| wanted.negotiate(supported.iter())) == Some(Encoding::gzip())
}

/// Has the client got this already?
fn has_it(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key(IF_NONE_MATCH),
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

fn not_found() -> Problem {
    let text = "the web client is not in this build; /api/docs lists what else there is";
    Problem::new(Code::NOT_FOUND, text)
}

fn cache_control(path: &str) -> &'static str {
    match path.starts_with("/assets/") {
        true => FOREVER,
        false => ASK_ANEW,
    }
}

fn from_folder(folder: &Path, path: &str) -> Answer {
    let bytes = in_folder(folder, path).and_then(|file| std::fs::read(file).ok());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type(path)))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((CACHE_CONTROL, ASK_ANEW))
        .body(bytes.ok_or_else(not_found)?))
}

/// Where a path leads, unless it leads out of the folder.
fn in_folder(folder: &Path, path: &str) -> Option<PathBuf> {
    let name = Path::new(path.trim_start_matches('/'));
    let is_inside = name.components().all(|part| matches!(part, Component::Normal(_)));
    is_inside.then(|| folder.join(name))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
