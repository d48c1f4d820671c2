//! Where a request comes from: the page that a browser sends it from, and the address behind the
//! proxies.
//!
//! A browser adds cookies to whatever a foreign page asks for (CSRF; for sockets CWE-1385), and a
//! server that believes everybody can be reached through a name that resolves to loopback (DNS
//! rebinding). Both are told by headers that a page cannot forge: `Origin` and `Host`.

use std::net::{IpAddr, Ipv4Addr};

use actix_http::{Method, RequestHead, header};

use crate::config::Config;
use crate::wire::{Code, Problem};

/// Is a request by a browser ours?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It comes from our own page.
    Own,
    /// There is no `Origin`: no browser, or a plain `GET` of the same origin.
    Absent,
    /// It comes from another page, or from one that does not say (`null`).
    Foreign,
}

/// Compares `Origin` with `Host`, or with the public URL if one is set: exactly, port included.
pub fn origin(head: &RequestHead, config: &Config) -> Origin {
    let mut origins = head.headers().get_all(header::ORIGIN);
    let Some(origin) = origins.next() else {
        return Origin::Absent;
    };
    match origin.to_str() {
        Ok(origin) if origins.next().is_none() && is_own(origin, head, config) => Origin::Own,
        _ => Origin::Foreign,
    }
}

fn is_own(origin: &str, head: &RequestHead, config: &Config) -> bool {
    if let Some(url) = &config.public_url
        && origin.eq_ignore_ascii_case(url.trim_end_matches('/'))
    {
        return true;
    }
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    // A page that came in clear must not speak for one that is served with TLS.
    let scheme_fits = scheme == "https" || (scheme == "http" && !config.is_https());
    scheme_fits && host(head).is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

fn host(head: &RequestHead) -> Option<&str> {
    head.headers().get(header::HOST)?.to_str().ok()
}

/// Refuses what a foreign page sends. For what needs no credentials; the rest asks
/// [`authenticate`](super::auth::authenticate).
pub fn refuse_foreign(head: &RequestHead, config: &Config) -> Result<(), Problem> {
    if config.trust && !is_loopback_host(head) {
        let text = "under --trust only this machine is served; call it localhost or 127.0.0.1";
        return Err(Problem::new(Code::FOREIGN_ORIGIN, text));
    }
    match origin(head, config) {
        Origin::Foreign => Err(foreign()),
        Origin::Own | Origin::Absent => Ok(()),
    }
}

/// Refuses what a cookie must not vouch for: anything from a foreign page, and anything that could
/// change something, or open a socket, without saying from which page it comes.
pub fn require_own(head: &RequestHead, config: &Config) -> Result<(), Problem> {
    let only_reads = matches!(head.method, Method::GET | Method::HEAD) && !is_upgrade(head);
    match origin(head, config) {
        Origin::Own => Ok(()),
        Origin::Absent if only_reads => Ok(()),
        Origin::Absent | Origin::Foreign => Err(foreign()),
    }
}

fn foreign() -> Problem {
    Problem::new(
        Code::FOREIGN_ORIGIN,
        "this request comes from a foreign page, or does not say from which; \
         without a browser use Authorization: Bearer",
    )
}

/// Does this ask for a socket? Decided as `actix_http` does before it hands over the connection.
pub fn is_upgrade(head: &RequestHead) -> bool {
    head.upgrade() || head.headers().contains_key(header::UPGRADE)
}

/// Is the server addressed by a name that only this machine can mean?
pub fn is_loopback_host(head: &RequestHead) -> bool {
    let Some(host) = host(head) else {
        return false;
    };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The client's address: the socket's peer or, if that is one of our proxies, the right-most entry
/// of `X-Forwarded-For` that is none. What stands further left anybody may have written.
pub fn peer_ip(head: &RequestHead, config: &Config) -> IpAddr {
    let socket = head.peer_addr.map(|peer| peer.ip().to_canonical());
    let mut address = socket.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let lines: Vec<&str> = head
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|line| line.to_str().ok())
        .collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !config.trusted_proxies.contains(&address) {
            break;
        }
        match entry.trim().parse::<IpAddr>() {
            Ok(earlier) => address = earlier.to_canonical(),
            Err(_) => break,
        }
    }
    address
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

    fn verdict(flags: &[&str], host: &str, page: &str) -> Origin {
        let request = TestRequest::get()
            .insert_header(("host", host))
            .insert_header(("origin", page))
            .to_http_request();
        origin(request.head(), &config(flags))
    }

    #[test]
    fn only_the_same_host_and_port_is_our_page() {
        let ours = |host, page| verdict(&[], host, page) == Origin::Own;
        assert!(ours("chat.example.com", "https://chat.example.com"));
        assert!(ours("Chat.example.com:8080", "http://chat.example.com:8080"));
        for page in [
            "null",
            "",
            "https://chat.example.com.evil.net",
            "https://evil.net/chat.example.com",
            "https://chat.example.com:8443",
            "file://chat.example.com",
            "chat.example.com",
        ] {
            assert!(!ours("chat.example.com", page), "{page}");
        }
    }

    #[test]
    fn behind_a_proxy_the_public_url_is_our_page() {
        let flags = ["--public-url", "https://chat.example.com/"];
        let own = verdict(&flags, "10.0.0.7:8080", "https://chat.example.com");
        assert_eq!(own, Origin::Own);
        // Served with TLS, a page in clear is not ours, whatever its name.
        let clear = verdict(&flags, "chat.example.com", "http://chat.example.com");
        assert_eq!(clear, Origin::Foreign);
    }

    #[test]
    fn without_an_origin_a_cookie_only_reads() {
        let config = config(&[]);
        let allowed =
            |request: TestRequest| require_own(request.to_http_request().head(), &config).is_ok();
        assert!(allowed(TestRequest::get()));
        assert!(!allowed(TestRequest::post()));
        assert!(!allowed(TestRequest::delete()));
        assert!(!allowed(TestRequest::get().insert_header(("upgrade", "websocket"))));
    }

    #[test]
    fn under_trust_the_host_must_be_this_machine() {
        let config = config(&["--trust"]);
        let served = |host: &str| {
            let request = TestRequest::get().insert_header(("host", host));
            refuse_foreign(request.to_http_request().head(), &config).is_ok()
        };
        for host in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "127.9.9.9",
            "[::1]:80",
        ] {
            assert!(served(host), "{host}");
        }
        for host in [
            "evil.net",
            "127.0.0.1.evil.net",
            "10.0.0.1",
            "[::2]",
            "",
            "localhost.evil",
        ] {
            assert!(!served(host), "{host}");
        }
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let trusting = config(&["--trusted-proxies", "10.0.0.1,10.0.0.2"]);
        let ip = |peer: &str, forwarded: &[&str]| {
            let mut request = TestRequest::get();
            if let Ok(peer) = peer.parse() {
                request = request.peer_addr(peer);
            }
            for line in forwarded {
                request = request.append_header(("x-forwarded-for", *line));
            }
            peer_ip(request.to_http_request().head(), &trusting).to_string()
        };
        // A stranger may claim what they like.
        assert_eq!(ip("192.0.2.9:1", &["1.1.1.1"]), "192.0.2.9");
        assert_eq!(ip("10.0.0.1:1", &[]), "10.0.0.1");
        assert_eq!(ip("10.0.0.1:1", &["1.1.1.1, 192.0.2.5"]), "192.0.2.5");
        assert_eq!(ip("10.0.0.1:1", &["192.0.2.5, 10.0.0.2"]), "192.0.2.5");
        assert_eq!(ip("10.0.0.1:1", &["1.1.1.1", "2001:db8::1,10.0.0.2"]), "2001:db8::1");
        assert_eq!(ip("[::ffff:10.0.0.1]:1", &["192.0.2.5"]), "192.0.2.5");
        assert_eq!(ip("10.0.0.1:1", &["192.0.2.5, <script>"]), "10.0.0.1");
    }
}
