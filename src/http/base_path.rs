//! Where on its host the server is: below a path, if `VESTNIK_PUBLIC_URL` has one. Some proxies pass that
//! path on and others take it away; the server understands both, so that it need not be told which.

use actix_http::{RequestHead, Uri};
use actix_web::http::uri::PathAndQuery;

use crate::config::PublicUrl;

/// Has a request mean one of the server's own paths: what is before it goes.
pub(crate) fn enter(head: &mut RequestHead, url: &PublicUrl) {
    let Some(inner) = url.inner(head.uri.path()) else {
        return;
    };
    let target = match head.uri.query() {
        Some(query) => format!("{inner}?{query}"),
        None => inner.to_owned(),
    };
    let mut parts = head.uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(target).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        head.uri = uri;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_keeps_its_host_and_its_query() {
        let url: PublicUrl = "https://example.com/chat".parse().unwrap();
        let entered = |target: &str| {
            let mut head = RequestHead::default();
            head.uri = target.parse().unwrap();
            enter(&mut head, &url);
            head.uri.to_string()
        };
        assert_eq!(entered("/chat/api/me"), "/api/me");
        assert_eq!(entered("/chat/ws?chat_id=1&x=/chat/"), "/ws?chat_id=1&x=/chat/");
        assert_eq!(entered("/chat/?a"), "/?a");
        assert_eq!(entered("http://example.com/chat/api/me"), "http://example.com/api/me");
        for same in ["/api/me", "/chat", "/chats/", "*", "/"] {
            assert_eq!(entered(same), same);
        }
    }
}
