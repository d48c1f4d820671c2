//! The cookie that keeps a browser signed in. Browsers keep one jar for all ports of a host, so a
//! server with a port of its own has it in the name; and with https the name says that no other host
//! and no page in clear has set it (`__Host-`, RFC 6265bis, section 4.1.3).

use std::borrow::Cow;

use actix_http::{RequestHead, header};
use actix_web::cookie::{Cookie, SameSite, time::Duration};

use crate::config::Config;
use crate::http::origin::addressed;

/// The name, without what says more. Under this one alone it was set before, and is still taken.
pub const NAME: &str = "vestnik_session";

/// What the documents for programs say of it.
pub const NAME_RULE: &str = "With https the name begins with __Host- (below a path, __Secure-); a port that is not the usual \
                             one ends it, as in vestnik_session_8080.";

/// How many of a request are tried. Of our names there are more only if somebody else has set them.
const MOST: usize = 8;

/// What a request brings under one of our names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented<'a> {
    /// The token, or whatever it is.
    pub secret: Cow<'a, str>,
    /// Is it under the name of before?
    pub is_old: bool,
}

/// The name under which this browser is to keep it: by the port that the browser sees.
pub fn name(head: &RequestHead, config: &Config) -> String {
    let (scheme, prefix) = match config.is_https() {
        // It would have to be the whole host's.
        true if !config.public_url.path().is_empty() => ("https", "__Secure-"),
        true => ("https", "__Host-"),
        false => ("http", ""),
    };
    let site = config.public_url.site().cloned().or_else(|| addressed(head, scheme));
    match site.and_then(|site| site.own_port()) {
        Some(port) => format!("{prefix}{NAME}_{port}"),
        None => format!("{prefix}{NAME}"),
    }
}

/// The cookie of a new sign-in.
pub fn signed_in(
    head: &RequestHead,
    config: &Config,
    token: &str,
    life: chrono::Duration,
) -> Cookie<'static> {
    make(name(head, config), token, life, path(config), config)
}

/// What takes the cookie back.
pub fn signed_out(head: &RequestHead, config: &Config) -> Cookie<'static> {
    make(name(head, config), "", chrono::Duration::zero(), path(config), config)
}

/// What takes back the one under the name of before.
pub fn signed_out_of_old(config: &Config) -> Cookie<'static> {
    make(NAME.to_owned(), "", chrono::Duration::zero(), "/".to_owned(), config)
}

/// Of the whole host, or of what is below the server's path.
fn path(config: &Config) -> String {
    format!("{}/", config.public_url.path())
}

fn make(
    name: String,
    token: &str,
    life: chrono::Duration,
    path: String,
    config: &Config,
) -> Cookie<'static> {
    Cookie::build(name, token.to_owned())
        .path(path)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(config.is_https())
        .max_age(Duration::seconds(life.num_seconds().max(0)))
        .finish()
}

/// All that a request brings, what is surely ours first. There may be several: a host beside this one
/// can set a cookie of any name here, and browsers send both.
pub fn presented<'a>(head: &'a RequestHead, config: &Config) -> Vec<Presented<'a>> {
    let name = name(head, config);
    let of_name = |wanted: &str| {
        let found = pairs(head).filter(|(name, _)| name == wanted);
        found.map(|(_, secret)| secret).take(MOST).collect::<Vec<_>>()
    };
    let current = of_name(&name).into_iter().map(|secret| (secret, false));
    let old = match name == NAME {
        true => Vec::new(),
        false => of_name(NAME),
    };
    let all = current.chain(old.into_iter().map(|secret| (secret, true))).take(MOST);
    all.map(|(secret, is_old)| Presented { secret, is_old }).collect()
}

/// Names and values. Others' may have bytes of no character, which spoil nothing but their own.
fn pairs(head: &RequestHead) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let lines = head.headers().get_all(header::COOKIE);
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair.get(..at)?.trim_ascii(), pair.get(at + 1..)?.trim_ascii());
        let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        Some((String::from_utf8_lossy(name), String::from_utf8_lossy(inside.unwrap_or(value))))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn config(flags: &[&str]) -> Config {
        Flags::parse_from(std::iter::once(&"vestnik").chain(flags)).config
    }

    #[test]
    fn the_name_has_the_port_that_the_browser_sees() {
        let named = |flags: &[&str], host: &str| {
            let request = TestRequest::get().insert_header(("host", host)).to_http_request();
            name(request.head(), &config(flags))
        };
        assert_eq!(named(&[], "localhost:8080"), "vestnik_session_8080");
        assert_eq!(named(&[], "[::1]:8081"), "vestnik_session_8081");
        for host in ["chat.example", "chat.example:80", "", "a b:8080", "x:y"] {
            assert_eq!(named(&[], host), "vestnik_session", "{host}");
        }
        let public = |url: &str| named(&["--public-url", url], "10.0.0.7:8080");
        assert_eq!(public("https://chat.example"), "__Host-vestnik_session");
        assert_eq!(public("https://chat.example:443"), "__Host-vestnik_session");
        assert_eq!(public("https://chat.example:8443"), "__Host-vestnik_session_8443");
        assert_eq!(public("http://chat.example"), "vestnik_session");
        assert_eq!(public("https://example.com/chat"), "__Secure-vestnik_session");
        assert_eq!(public("http://example.com:8080/chat"), "vestnik_session_8080");
        let tls = ["--tls-cert=a", "--tls-key=b"];
        assert_eq!(named(&tls, "chat.example:443"), "__Host-vestnik_session");
        assert_eq!(named(&tls, "chat.example:8443"), "__Host-vestnik_session_8443");
    }

    #[test]
    fn all_of_its_names_are_found_among_others() {
        let request = TestRequest::get()
            .insert_header(("host", "localhost:8080"))
            .append_header(("cookie", "a=1; vestnik_session_2=x; vestnik_session=old"))
            .append_header((
                "cookie",
                "b=2;vestnik_session_8080 = first ; c=\"3;vestnik_session_8080=\"second\"",
            ))
            .append_header((
                "cookie",
                &b"name=\xc3\xa9\xff; vestnik_session_8080=third; vestnik_session_8080"[..],
            ))
            .to_http_request();
        let found = presented(request.head(), &config(&[]));
        let found: Vec<_> = found.iter().map(|one| (one.secret.as_ref(), one.is_old)).collect();
        assert_eq!(
            found,
            [
                ("first", false),
                ("second", false),
                ("third", false),
                ("old", true)
            ]
        );
    }
}
