//! Every failure as JSON: `{"error": "what a person reads", "code": "snake_case"}`, with the status
//! of its code. What the store said was logged where
//! it was turned into a problem.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Problem;

/// The body of every answer that is a failure.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// What happened and, where it helps, what to do.
    error: &'a str,
    /// What a program acts on; `docs/protocol.md` lists them.
    code: &'a str,
    /// When the same request may succeed; only with codes that invite a retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// The chat that there is already; only with `private_chat_exists`.
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_id: Option<i64>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name, self.text)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if self.code.status == 401 {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if self.code.status == 415 {
            // What a body may be (RFC 9110, 15.5.16).
            response.insert_header((ACCEPT_ENCODING, "identity"));
        }
        if self.code.status == 426 {
            // What to upgrade to, and the only version of it (RFC 6455, 4.4).
            response.insert_header((UPGRADE, "websocket"));
            response.insert_header((SEC_WEBSOCKET_VERSION, "13"));
        }
        if let Some(millis) = self.retry_after_ms {
            response.insert_header((RETRY_AFTER, millis.div_ceil(1_000).to_string()));
        }
        response.json(ProblemBody {
            error: &self.text,
            code: self.code.name,
            retry_after_ms: self.retry_after_ms,
            chat_id: self.chat.map(|chat| chat.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::actors::failure::Failure;
    use crate::domain::Refusal;
    use crate::store::StoreError;
    use crate::wire::Code;

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        let problem = Problem::new(Code::TOO_FAST, "slowly").after(Duration::from_millis(1_200));
        let response = problem.error_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
        assert_eq!(wait, Some("2"));
    }

    #[test]
    fn what_the_database_says_is_not_told() {
        let problem = Problem::from(StoreError::Rejected("no such table: users".into()));
        assert_eq!(problem.code, Code::INTERNAL);
        assert!(!problem.text.contains("users"));
    }

    #[test]
    fn to_a_stranger_a_chat_does_not_exist() {
        assert_eq!(Problem::from(Refusal::NotMember).code, Code::CHAT_NOT_FOUND);
        assert_eq!(Problem::from(Failure::from(Refusal::NotMember)).code, Code::CHAT_NOT_FOUND);
        assert_eq!(Problem::from(Refusal::Forbidden).code, Code::FORBIDDEN);
    }
}
