//! The cookie that keeps a browser signed in. Browsers keep one jar for all ports of a host, so a
//! server with a port of its own has it in the name; and with https the name says that no other host
//! and no page in clear has set it (`__Host-`, RFC 6265bis, section 4.1.3).

use std::borrow::Cow;

use actix_http::{RequestHead, header};
use actix_web::cookie::{Cookie, SameSite, time::Duration};

use crate::config::Config;
use crate::http::origin::addressed;

/// The name, without what says more. Under this one alone it was set before, and is still taken.
pub(crate) const NAME: &str = "vestnik_session";

/// What the documents for programs say of it.
pub(crate) const NAME_RULE: &str = "With https the name begins with __Host- (below a path, __Secure-); a port that is not the usual \
                             one ends it, as in vestnik_session_8080.";

/// Set by this host, with https, for all of it.
const OF_THE_HOST: &str = "__Host-";
/// Set with https.
const OF_A_PATH: &str = "__Secure-";

/// How many of a request are tried. Of our names there are more only if somebody else has set them.
const MOST: usize = 8;

/// What a request brings under one of our names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presented<'a> {
    /// The name that the cookie has.
    pub name: Cow<'a, str>,
    /// The token, or whatever it is.
    pub secret: Cow<'a, str>,
}

/// The name under which this browser is to keep it: by the port that the browser sees.
pub(crate) fn name(head: &RequestHead, config: &Config) -> String {
    let (scheme, prefix) = match config.is_https() {
        // It would have to be the whole host's.
        true if !config.public_url.path().is_empty() => ("https", OF_A_PATH),
        true => ("https", OF_THE_HOST),
        false => ("http", ""),
    };
    let site = config.public_url.site().cloned().or_else(|| addressed(head, scheme));
    match site.and_then(|site| site.own_port()) {
        Some(port) => format!("{prefix}{NAME}_{port}"),
        None => format!("{prefix}{NAME}"),
    }
}

/// The cookie of a new sign-in.
pub(crate) fn signed_in(
    head: &RequestHead,
    config: &Config,
    token: &str,
    life: chrono::Duration,
) -> Cookie<'static> {
    make(name(head, config), token, life, path(config), config)
}

/// What takes the cookie back that a sign-in here would set.
pub(crate) fn signed_out(head: &RequestHead, config: &Config) -> Cookie<'static> {
    make(name(head, config), "", chrono::Duration::zero(), path(config), config)
}

/// What takes back one of another name.
pub(crate) fn taken_back(name: String, config: &Config) -> Cookie<'static> {
    let path = match name == NAME || name.starts_with(OF_THE_HOST) {
        true => "/".to_owned(),
        false => path(config),
    };
    make(name, "", chrono::Duration::zero(), path, config)
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

/// All that a request brings, the name of a sign-in here first. There may be several: a host beside
/// this one can set a cookie of any name here, and browsers send both. Those of other ports are tried
/// too, as a proxy may name the server in two ways; what is another server's opens nothing.
pub(crate) fn presented<'a>(head: &'a RequestHead, config: &Config) -> Vec<Presented<'a>> {
    let current = name(head, config);
    let ours = || pairs(head).filter(|(name, _)| is_ours(name));
    let first = ours().filter(|(name, _)| *name == current.as_str());
    let others = ours().filter(|(name, _)| *name != current.as_str());
    first
        .chain(others)
        .take(MOST)
        .map(|(name, secret)| Presented { name, secret })
        .collect()
}

/// Is it one that a server of ours could have set?
fn is_ours(name: &str) -> bool {
    let plain = [OF_THE_HOST, OF_A_PATH].iter().find_map(|prefix| name.strip_prefix(prefix));
    let Some(rest) = plain.unwrap_or(name).strip_prefix(NAME) else {
        return false;
    };
    let port = rest.strip_prefix('_');
    rest.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_ok())
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

    use super::*;

    fn config(flags: &[&str]) -> Config {
        Config::of(flags).expect("flags that can be read")
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
            .append_header((
                "cookie",
                "a=1; vestnik_session_2=other; vestnik_session=old; vestnik_session_=x",
            ))
            .append_header((
                "cookie",
                "b=2;vestnik_session_8080 = first ; c=\"3;vestnik_session_8080=\"second\"",
            ))
            .append_header((
                "cookie",
                &b"name=\xc3\xa9\xff; vestnik_session_8080=third; vestnik_session_8080"[..],
            ))
            .append_header((
                "cookie",
                "xvestnik_session=x; vestnik_session_x=x; __Host-vestnik_session=host",
            ))
            .to_http_request();
        let found = presented(request.head(), &config(&[]));
        let found: Vec<_> = found.iter().map(|one| one.secret.as_ref()).collect();
        assert_eq!(found, ["first", "second", "third", "other", "old", "host"]);
    }
}
