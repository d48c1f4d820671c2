//! The bytes of what a message carries, for who may see the message: whole or in part, and harmless to whoever opens
//! them.

use std::fs::File;
use std::io;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, ByteRangeSpec, CACHE_CONTROL, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, Charset, ContentDisposition, DispositionParam, DispositionType, ETag, EntityTag,
    ExtendedValue, Header, IF_NONE_MATCH, IF_RANGE, IfNoneMatch, IfRange, RANGE, Range,
};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use bytes::Bytes;
use futures_util::stream;

use crate::domain::Refusal;
use crate::domain::files::media::{HEAD_BYTES, is_shown, kind};
use crate::http::auth::Caller;
use crate::http::query::Query;
use crate::http::{Answer, App};
use crate::store::files::folder::read_at;
use crate::store::files::pictures::PictureSize;
use crate::store::files::serving::{self, CarriedFile};
use crate::wire::{Code, Problem};

/// Bytes that are read from the disk at once.
const PIECE: usize = 64 << 10;
/// Whatever it is, it runs nothing and asks for nothing.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox";
/// The bytes never change, and whoever has them asks each time whether they may still see them.
const KEPT: &str = "private, no-cache, immutable";

/// The bytes of a file that a message carries; of a picture in the `size` of a `list` or a `view`, if it is larger.
#[utoipa::path(get, path = "/api/files/{id}", tag = "files",
    params(("id" = i64, Path), ("size" = Option<String>, Query), ("Range" = Option<String>, Header)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
              (status = 206, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn download(
    request: HttpRequest,
    engine: App,
    caller: Caller,
    id: web::Path<i64>,
    query: Query,
) -> Answer {
    let store = engine.store();
    let found = serving::find(store, *id).await?.ok_or(Refusal::FileNotFound)?;
    // Whoever may not see the message learns nothing of its file.
    let file = found.authorize(store, caller.authority()).await?;
    let file = file.map_err(|_| Refusal::FileNotFound)?;
    let size = size(&query)?;
    let opened = serving::open(store, &file, size).await;
    let opened = opened.inspect_err(|error| log::error!("file {id} cannot be read: {error}"));
    let (bytes, is_small) = opened??;
    let shown = match size.filter(|_| is_small) {
        None => ShownFile::whole(&file),
        Some(size) => ShownFile::smaller(&file, size, &bytes)?,
    };
    answer(&request, &shown, bytes)
}

fn size(query: &Query) -> Result<Option<PictureSize>, Problem> {
    let wanted = || Problem::new(Code::INVALID_QUERY, "size must be list or view");
    query
        .get("size")
        .map(|name| PictureSize::parse(name).ok_or_else(wanted))
        .transpose()
}

/// What is answered of a file.
struct ShownFile<'a> {
    tag: EntityTag,
    kind: &'a str,
    name: &'a str,
    size: u64,
    is_picture: bool,
}

impl<'a> ShownFile<'a> {
    fn whole(file: &'a CarriedFile) -> Self {
        Self {
            tag: EntityTag::new_strong(file.sha256.get(..32).unwrap_or_default().to_owned()),
            kind: &file.kind,
            name: &file.name,
            size: file.size,
            is_picture: file.sides.is_some(),
        }
    }

    fn smaller(file: &'a CarriedFile, size: PictureSize, bytes: &File) -> Result<Self, Problem> {
        let read =
            read_at(bytes, 0, HEAD_BYTES).and_then(|head| Ok((head, bytes.metadata()?.len())));
        let (head, length) = read.map_err(|error| {
            log::error!("a picture cannot be read: {error}");
            Problem::from(Refusal::Busy)
        })?;
        let of = file.sha256.get(..32).unwrap_or_default();
        Ok(Self {
            tag: EntityTag::new_strong(format!("{of}-{}", size.as_str())),
            kind: kind(&head),
            size: length,
            ..Self::whole(file)
        })
    }
}

fn answer(request: &HttpRequest, file: &ShownFile<'_>, bytes: File) -> Answer {
    let tag = file.tag.clone();
    let mut response = HttpResponse::Ok();
    response
        .insert_header(ETag(tag.clone()))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CACHE_CONTROL, KEPT))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CONTENT_TYPE, content_type(file.kind)))
        .insert_header(disposition((file.kind, file.is_picture), file.name));
    if has_it(request, &tag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let (first, length) = match wanted(request, &tag, file.size) {
        WantedRange::Whole => (0, file.size),
        WantedRange::Part(first, last) => {
            let range = format!("bytes {first}-{last}/{}", file.size);
            response
                .status(StatusCode::PARTIAL_CONTENT)
                .insert_header((CONTENT_RANGE, range));
            (first, last - first + 1)
        }
        WantedRange::Nothing => {
            let text =
                format!("the file has {} bytes, and none of those that were asked for", file.size);
            let mut refused = Problem::new(Code::INVALID_RANGE, text).error_response();
            if let Ok(range) = format!("bytes */{}", file.size).parse() {
                refused.headers_mut().insert(CONTENT_RANGE, range);
            }
            return Ok(refused);
        }
    };
    Ok(response.body(SizedStream::new(length, pieces(bytes, first, length))))
}

/// The bytes from `first` on, a piece at a time: the next is read when the one before is written.
fn pieces(
    file: File,
    first: u64,
    length: u64,
) -> impl stream::Stream<Item = Result<Bytes, io::Error>> {
    let file = Arc::new(file);
    stream::try_unfold((first, length), move |(at, left)| {
        let file = Arc::clone(&file);
        async move {
            let count = PIECE.min(usize::try_from(left).unwrap_or(PIECE));
            if count == 0 {
                return Ok(None);
            }
            let read = tokio::task::spawn_blocking(move || read_at(&file, at, count)).await;
            let bytes = read.map_err(io::Error::other)??;
            if bytes.len() < count {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let read = bytes.len() as u64;
            Ok(Some((Bytes::from(bytes), (at + read, left - read))))
        }
    })
}

enum WantedRange {
    Whole,
    /// From the one byte to the other, both inclusive.
    Part(u64, u64),
    Nothing,
}

/// What is asked for. Several ranges at once are more work than the whole, which may be answered instead.
fn wanted(request: &HttpRequest, tag: &EntityTag, size: u64) -> WantedRange {
    if !request.headers().contains_key(RANGE) {
        return WantedRange::Whole;
    }
    if request.headers().contains_key(IF_RANGE) {
        match IfRange::parse(request) {
            Ok(IfRange::EntityTag(known)) if known.strong_eq(tag) => {}
            _ => return WantedRange::Whole,
        }
    }
    match Range::parse(request) {
        Ok(Range::Bytes(ranges)) => match ranges.as_slice() {
            [range] => part(range, size),
            _ => WantedRange::Whole,
        },
        _ => WantedRange::Whole,
    }
}

fn part(range: &ByteRangeSpec, size: u64) -> WantedRange {
    match range.to_satisfiable_range(size) {
        Some((first, last)) => WantedRange::Part(first, last),
        None => WantedRange::Nothing,
    }
}

fn has_it(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key(IF_NONE_MATCH),
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

fn content_type(kind: &str) -> &str {
    match kind {
        "text/plain" => "text/plain; charset=utf-8",
        kind => kind,
    }
}

/// ShownFile in place only what runs nothing. The name is told to old programs in ASCII too (RFC 6266).
fn disposition((kind, is_picture): (&str, bool), name: &str) -> ContentDisposition {
    let plain = |c: char| {
        if matches!(c, ' '..='~') && !"\"\\%".contains(c) {
            c
        } else {
            '_'
        }
    };
    let mut parameters = vec![DispositionParam::Filename(
        name.chars().map(plain).collect(),
    )];
    if !name.chars().all(|c| plain(c) == c) {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.as_bytes().to_vec(),
        }));
    }
    ContentDisposition {
        disposition: match is_shown(kind, is_picture) {
            true => DispositionType::Inline,
            false => DispositionType::Attachment,
        },
        parameters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_in_ascii_and_as_it_is() {
        for (kind, name, expected) in [
            ("image/png", "a b.png", "inline; filename=\"a b.png\""),
            ("application/pdf", "a.pdf", "attachment; filename=\"a.pdf\""),
            (
                "text/plain",
                "a\"b\\.html",
                "attachment; filename=\"a_b_.html\"; filename*=UTF-8''a%22b%5C.html",
            ),
            (
                "image/svg+xml",
                "ы.svg",
                "attachment; filename=\"_.svg\"; filename*=UTF-8''%D1%8B.svg",
            ),
        ] {
            assert_eq!(disposition((kind, true), name).to_string(), expected, "{name}");
        }
    }
}
