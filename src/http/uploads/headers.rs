//! What requests and answers of tus 1.0 say in their headers (<https://tus.io/protocols/resumable-upload>).

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use ring::digest::{self, Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::wire::{Code, Problem};

const VERSION: &str = "1.0.0";
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
/// The Content-Type of a part.
pub(super) const PART: &str = "application/offset+octet-stream";
/// What `Upload-Metadata` may be, in bytes.
const METADATA_BYTES: usize = 4 << 10;

fn invalid(text: &str) -> Problem {
    Problem::new(Code::INVALID_UPLOAD, text)
}

fn text<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok().map(str::trim)
}

/// 412 for another version than ours, or none.
pub(super) fn check_version(request: &HttpRequest) -> Result<(), Problem> {
    match text(request, &RESUMABLE) == Some(VERSION) {
        true => Ok(()),
        false => {
            let text = "this speaks tus 1.0.0: send Tus-Resumable: 1.0.0";
            Err(Problem::new(Code::WRONG_TUS_VERSION, text))
        }
    }
}

fn bytes(request: &HttpRequest, name: &HeaderName) -> Option<u64> {
    let digits = text(request, name).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().filter(|bytes| i64::try_from(*bytes).is_ok())
}

/// How long the upload is to be.
pub(super) fn length(request: &HttpRequest) -> Result<u64, Problem> {
    let length = bytes(request, &LENGTH);
    length.ok_or_else(|| invalid("Upload-Length must say how many bytes will come"))
}

/// Where the part goes on.
pub(super) fn offset(request: &HttpRequest) -> Result<u64, Problem> {
    let offset = bytes(request, &OFFSET);
    offset.ok_or_else(|| invalid("Upload-Offset must say how many bytes came before"))
}

/// What is said of the file: names, and what is said under each.
pub(super) fn metadata(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    let Some(header) = request.headers().get(&METADATA) else {
        return Ok(Vec::new());
    };
    let wrong = || {
        invalid(
            "Upload-Metadata must be pairs of a name and its value in base64, with commas between them",
        )
    };
    let header = header.to_str().ok().filter(|header| header.len() <= METADATA_BYTES);
    let pairs = header
        .ok_or_else(wrong)?
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = BASE64_STANDARD.decode(value.trim()).ok()?;
        Some((name.to_owned(), String::from_utf8_lossy(&value).into_owned()))
    };
    pairs.map(|text| pair(text).ok_or_else(wrong)).collect()
}

/// What the file is called.
pub(super) fn name(metadata: &[(String, String)]) -> &str {
    let named = |wanted: &str| metadata.iter().find(|(name, _)| name == wanted);
    let found = named("filename").or_else(|| named("name"));
    found.map_or("", |(_, value)| value)
}

/// The metadata that is told again.
pub(super) fn written(name: &str) -> String {
    format!("filename {}", BASE64_STANDARD.encode(name))
}

/// The version, which every answer has.
pub(super) fn versioned(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert(HeaderName::from_static("tus-version"), HeaderValue::from_static(VERSION));
    response
}

/// Until when the upload is kept. No cache keeps what is told of it.
pub(super) fn described(
    response: &mut HttpResponseBuilder,
    expires_at: Option<DateTime<Utc>>,
) -> &mut HttpResponseBuilder {
    if let Some(at) = expires_at {
        response.insert_header((EXPIRES, at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    }
    response.insert_header((CACHE_CONTROL, "no-store"))
}

/// What the server can do.
pub(super) fn capabilities(most: u64) -> HttpResponse {
    let response = HttpResponse::NoContent()
        .insert_header(("tus-extension", "creation,expiration,termination,checksum"))
        .insert_header(("tus-checksum-algorithm", "sha1,sha256"))
        .insert_header(("tus-max-size", most))
        .insert_header(("allow", "POST, HEAD, PATCH, DELETE, OPTIONS"))
        .finish();
    versioned(response)
}

/// What the bytes of a part must come to.
pub(crate) struct Checksum {
    context: Context,
    expected: Vec<u8>,
}

impl Checksum {
    /// What the request says of its part, if it says something.
    pub(super) fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let Some(header) = request.headers().get(&CHECKSUM) else {
            return Ok(None);
        };
        let wrong = || invalid("Upload-Checksum must be sha1 or sha256, and the digest in base64");
        let header = header.to_str().map_err(|_| wrong())?;
        let (algorithm, expected) = header.trim().split_once(' ').ok_or_else(wrong)?;
        let algorithm: &'static Algorithm = match algorithm {
            "sha1" => &SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &SHA256,
            _ => return Err(wrong()),
        };
        Ok(Some(Self {
            context: digest::Context::new(algorithm),
            expected: BASE64_STANDARD.decode(expected.trim()).map_err(|_| wrong())?,
        }))
    }

    /// More of the part.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// Is it what was said?
    pub(super) fn holds(self) -> bool {
        self.context.finish().as_ref() == self.expected
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn metadata_are_names_with_values_in_base64() {
        let read = |header: &str| {
            let request = TestRequest::get().insert_header(("upload-metadata", header.to_owned()));
            metadata(&request.to_http_request()).map(|found| name(&found).to_owned()).ok()
        };
        assert_eq!(
            read("filename 0L7RgtGH0ZHRgi5wZGY=,filetype YQ==").as_deref(),
            Some("отчёт.pdf")
        );
        assert_eq!(read("empty,name YQ==").as_deref(), Some("a"));
        assert_eq!(read("").as_deref(), Some(""));
        assert_eq!(read("filename %%%"), None);
    }

    #[test]
    fn a_number_of_bytes_is_digits_alone() {
        let read = |value: &str| {
            let request = TestRequest::get().insert_header(("upload-length", value.to_owned()));
            length(&request.to_http_request()).ok()
        };
        assert_eq!(read("48213"), Some(48_213));
        for value in ["", "-1", "+1", "1.0", "0x1", "9223372036854775808", "x"] {
            assert_eq!(read(value), None, "{value:?}");
        }
    }
}
