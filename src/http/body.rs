//! The body of a request: JSON whatever its Content-Type says (Corp Messenger's own commands
//! send `ation/json`), bounded in bytes and in time.
//!
//! Whose request it is, a handler with a body learns together with the body and not before: a body may
//! take its time, and whoever has lost their right meanwhile does nothing with it.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::http::auth::{Caller, claimed, confirmed, noting_wait};
use crate::http::query::{pairs, whole};
use crate::wire::integer::Integer;
use crate::wire::{Code, Problem};

/// Longest body.
pub const MAX_BYTES: usize = 64 << 10;
/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);

/// How much is said about a body that is not understood.
const MAX_COMPLAINT_CHARS: usize = 256;

/// A caller's body that has not been read yet. Its sender was somebody when the head came; who they are
/// is told with the body, and asked again if that was not there by then.
pub struct Body {
    request: HttpRequest,
    caller: Caller,
    unread: UnreadBody,
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, unread) = (request.clone(), UnreadBody::new(request, payload));
        Box::pin(async move {
            let caller = claimed(&request).await?;
            Ok(Self {
                request,
                caller,
                unread,
            })
        })
    }
}

impl Body {
    /// The caller, and the body as `T`; 400 `malformed` that names the field, 413 `too_large`, 415
    /// `unsupported_encoding`, 408 `too_slow`, 401 `unauthenticated` for a right that has ended while the body was on its way.
    pub async fn json<T: DeserializeOwned>(self) -> Result<(Caller, T), Problem> {
        let (caller, body, _) = self.read().await?;
        Ok((caller, parse(&body)?))
    }

    /// The same, or the query if there is no body, with the fields `Q`: some proxies drop the body of a
    /// DELETE.
    pub async fn json_or_query<T, Q>(self) -> Result<(Caller, T), Problem>
    where
        T: DeserializeOwned + From<Q>,
        Q: DeserializeOwned,
    {
        let (caller, body, query) = self.read().await?;
        let input = match body.is_empty() && !query.is_empty() {
            true => from_query::<Q>(&query)?.into(),
            false => parse(&body)?,
        };
        Ok((caller, input))
    }

    /// The same, or what no body stands for.
    pub async fn json_or_default<T: DeserializeOwned + Default>(
        self,
    ) -> Result<(Caller, T), Problem> {
        let (caller, body, _) = self.read().await?;
        let input = match body.is_empty() {
            true => T::default(),
            false => parse(&body)?,
        };
        Ok((caller, input))
    }

    async fn read(self) -> Result<(Caller, Bytes, String), Problem> {
        let Self {
            request,
            caller,
            unread,
        } = self;
        let query = request.query_string().to_owned();
        let body = unread.read().await?;
        // A body that is held back holds no place among the requests of its sender.
        let caller = confirmed(&request, caller, body.is_late).await?;
        Ok((caller, body.bytes, query))
    }
}

/// The body of a request that anybody may make.
pub struct StrangersBody(UnreadBody);

impl FromRequest for StrangersBody {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(UnreadBody::new(request, payload))))
    }
}

impl StrangersBody {
    /// The body as `T`, with the same complaints.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        parse(&self.0.read().await?.bytes)
    }
}

struct UnreadBody {
    payload: dev::Payload,
    /// How long it says that it is.
    length: Option<u64>,
    /// Is it as it is, or compressed?
    is_plain: bool,
}

struct ReadBody {
    bytes: Bytes,
    /// Was it not all there when it was asked for?
    is_late: bool,
}

impl UnreadBody {
    fn new(request: &HttpRequest, payload: &mut dev::Payload) -> Self {
        Self {
            payload: payload.take(),
            length: length(request),
            is_plain: is_plain(request),
        }
    }

    async fn read(mut self) -> Result<ReadBody, Problem> {
        // Before anything of it is asked for: who waits to be told to go on must not be.
        if !self.is_plain {
            return Err(unsupported_encoding());
        }
        if self.length.is_some_and(|length| length > MAX_BYTES as u64) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        let reading = async {
            while let Some(chunk) = self.payload.next().await {
                let chunk = chunk.map_err(|error| malformed(format!("broken body: {error}")))?;
                if body.len() + chunk.len() > MAX_BYTES {
                    return Err(too_large());
                }
                body.extend_from_slice(&chunk);
            }
            Ok(())
        };
        let (read, is_late) = noting_wait(timeout(DEADLINE, reading)).await;
        read.map_err(|_| Problem::new(Code::TOO_SLOW, "the body did not arrive in time"))??;
        Ok(ReadBody {
            bytes: body.freeze(),
            is_late,
        })
    }
}

/// How long the body says that it is.
pub(super) fn length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Does its sender say of it that nothing was done to it (RFC 9110, 8.4)?
pub(super) fn is_plain(request: &HttpRequest) -> bool {
    let codings = request.headers().get_all(CONTENT_ENCODING);
    codings
        .flat_map(|codings| codings.as_bytes().split(|byte| *byte == b','))
        .all(|coding| {
            let coding = coding.trim_ascii();
            coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
        })
}

fn unsupported_encoding() -> Problem {
    Problem::new(
        Code::UNSUPPORTED_ENCODING,
        "the body has a Content-Encoding; send the JSON as it is, not compressed",
    )
}

fn too_large() -> Problem {
    Problem::new(Code::TOO_LARGE, format!("the body is longer than {MAX_BYTES} bytes"))
}

fn malformed(text: impl Into<String>) -> Problem {
    Problem::new(Code::MALFORMED, text)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Some programs begin every text with a byte order mark; a reader may pass over it (RFC 8259, 8.1).
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    // An array would be taken for the fields of a struct in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(malformed("the body must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(describe)?;
    json.end().map_err(|error| malformed(format!("not JSON: {error}")))?;
    Ok(value)
}

fn from_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let number_or_text = |value: String| match whole(&value) {
        Some(number) => number.into(),
        None => value.into(),
    };
    let fields: serde_json::Map<_, _> = pairs(query)
        .into_iter()
        .map(|(name, value)| (name, number_or_text(value)))
        .collect();
    serde_path_to_error::deserialize(serde_json::Value::Object(fields)).map_err(describe)
}

fn describe(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let complaint = match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        field => format!("{field}: {}", error.inner()),
    };
    // It quotes what was sent, which may be long.
    malformed(complaint.chars().take(MAX_COMPLAINT_CHARS).collect::<String>())
}

/// An id in a body: a JSON integer above 0.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(try_from = "Integer")]
#[schema(value_type = i64, minimum = 1)]
pub struct Id(i64);

impl Id {
    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<Integer> for Id {
    type Error = &'static str;

    fn try_from(Integer(id): Integer) -> Result<Self, Self::Error> {
        if id > 0 {
            Ok(Self(id))
        } else {
            Err("an id is above 0")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        id: Id,
        name: Option<String>,
    }

    fn complaint(body: &str) -> String {
        let problem = parse::<Input>(body.as_bytes()).err();
        assert_eq!(problem.as_ref().map(|p| p.code), Some(Code::MALFORMED), "{body}");
        problem.map(|problem| problem.text).unwrap_or_default()
    }

    #[test]
    fn a_body_is_read() {
        let input = parse::<Input>(br#" {"id": 7, "name": "x"} "#).ok();
        assert_eq!(input.as_ref().map(|i| i.id.get()), Some(7));
        assert_eq!(input.and_then(|i| i.name).as_deref(), Some("x"));
    }

    #[test]
    fn a_byte_order_mark_before_a_body_is_passed_over() {
        let read = |body: &str| parse::<Input>(body.as_bytes()).ok().map(|input| input.id.get());
        assert_eq!(read("\u{feff}{\"id\": 7}"), Some(7));
        assert_eq!(read("\u{feff}\u{feff}{\"id\": 7}"), None);
        assert_eq!(read("{\"id\"\u{feff}: 7}"), None);
    }

    #[test]
    fn an_id_may_have_a_fraction_of_nothing() {
        assert_eq!(parse::<Input>(br#"{"id": 7.0}"#).ok().map(|i| i.id.get()), Some(7));
    }

    #[test]
    fn a_complaint_names_the_field() {
        for body in [
            r#"{"id": "7"}"#,
            r#"{"id": 7.5}"#,
            r#"{"id": 0}"#,
            r#"{"id": -1}"#,
            r#"{"id": 9223372036854775808}"#,
            r#"{"id": null}"#,
            r#"{"id": [7]}"#,
            "{}",
        ] {
            assert!(complaint(body).contains("id"), "{body}: {}", complaint(body));
        }
        assert!(complaint(r#"{"id": 7, "name": 5}"#).starts_with("name: "));
        assert!(complaint(r#"{"id": 7, "admin": true}"#).contains("admin"));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [
            "",
            " ",
            "[7]",
            "7",
            "null",
            "{",
            r#"{"id":7}x"#,
            "\u{feff}{}",
        ] {
            complaint(body);
        }
        assert!(parse::<Input>(b"{\"id\": 7, \"name\": \"\xff\"}").is_err());
    }

    #[test]
    fn a_query_stands_in_for_a_body() {
        assert_eq!(from_query::<Input>("id=7").ok().map(|i| i.id.get()), Some(7));
        for query in ["id=x", "id=0", "name=x", "id=7&admin=1", "id="] {
            assert!(from_query::<Input>(query).is_err(), "{query}");
        }
    }
}
