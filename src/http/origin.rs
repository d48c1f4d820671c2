//! Where a request comes from: the page that a browser sends it from, and the address behind the
//! proxies.
//!
//! A browser adds cookies to whatever a foreign page asks for (CSRF; for sockets CWE-1385), and a
//! server that believes everybody can be reached through a name that resolves to loopback (DNS
//! rebinding). Both are told by headers that a page cannot forge: `Origin` and `Host`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Once;

use actix_http::{Method, RequestHead, header};

use crate::config::{Config, Site};
use crate::http::forwarded::{self, ProxyDoubt};
use crate::wire::{Code, Problem};

/// Is a request by a browser ours?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It comes from our own page.
    Own,
    /// There is no `Origin`: no browser, or a plain `GET` of the same origin.
    Absent,
    /// It comes from another page, or from one that does not say (`null`).
    Foreign,
}

/// Compares `Origin` with the public URL if one is set, and with the name that the request was sent
/// to, port included. A plain `GET` has no `Origin`; where the browser says by `Sec-Fetch-Site` that
/// another page loads something from here, that one is foreign.
pub(crate) fn origin(head: &RequestHead, config: &Config) -> Origin {
    let mut origins = head.headers().get_all(header::ORIGIN);
    let Some(origin) = origins.next() else {
        return match is_loaded_by_another_site(head) {
            true => Origin::Foreign,
            false => Origin::Absent,
        };
    };
    match origin.to_str() {
        Ok(origin) if origins.next().is_none() && is_own(origin, head, config) => Origin::Own,
        _ => Origin::Foreign,
    }
}

fn is_own(origin: &str, head: &RequestHead, config: &Config) -> bool {
    let Some(page) = Site::of_origin(origin) else {
        return false;
    };
    if config.public_url.site() == Some(&page) {
        return true;
    }
    // A page that came in clear must not speak for one that is served with TLS.
    let scheme_fits = page.scheme() == "https" || !config.is_https();
    scheme_fits && addressed(head, page.scheme()).is_some_and(|site| site == page)
}

/// Following a link is not loading: the other page does not see what comes.
fn is_loaded_by_another_site(head: &RequestHead) -> bool {
    let says = |name: &str, value: &str| head.headers().get(name).is_some_and(|said| said == value);
    let is_foreign = ["cross-site", "same-site"].iter().any(|site| says("sec-fetch-site", site));
    is_foreign && !says("sec-fetch-mode", "navigate")
}

/// Where the request was sent to, under the scheme of who asks: a proxy may have spoken TLS. A target
/// that is a whole URL goes before `Host` (RFC 9112, section 3.2.2).
pub(crate) fn addressed(head: &RequestHead, scheme: &str) -> Option<Site> {
    if let Some(authority) = head.uri.authority() {
        return Site::of_host(scheme, authority.as_str());
    }
    let mut hosts = head.headers().get_all(header::HOST);
    let host = std::str::from_utf8(hosts.next()?.as_bytes()).ok()?;
    match hosts.next() {
        None => Site::of_host(scheme, host),
        // Whoever sent two has something in mind.
        Some(_) => None,
    }
}

/// Refuses what a foreign page sends. For what needs no credentials; the rest asks
/// [`authenticate`](super::auth::authenticate).
pub(crate) fn refuse_foreign(head: &RequestHead, config: &Config) -> Result<(), Problem> {
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
pub(crate) fn require_own(head: &RequestHead, config: &Config) -> Result<(), Problem> {
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

/// Does this ask for a socket? Offers to upgrade to anything else are ignored.
pub(crate) fn is_upgrade(head: &RequestHead) -> bool {
    let offers = head.headers().get_all(header::UPGRADE).filter_map(|offer| offer.to_str().ok());
    offers
        .flat_map(|offer| offer.split(','))
        .any(|offer| offer.trim().eq_ignore_ascii_case("websocket"))
}

/// Is the server addressed by a name that only this machine can mean?
pub(crate) fn is_loopback_host(head: &RequestHead) -> bool {
    addressed(head, "http").is_some_and(|site| site.is_loopback())
}

/// The client's address: the socket's peer or, if that is one of our proxies, whom
/// [`forwarded::client`] finds behind it.
pub(crate) fn peer_ip(head: &RequestHead, config: &Config) -> IpAddr {
    let socket = head.peer_addr.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let lines = |name: &str| -> Vec<&[u8]> {
        head.headers().get_all(name).map(|line| line.as_bytes()).collect()
    };
    let (old, new) = (lines("x-forwarded-for"), lines("forwarded"));
    let is_ours = |address: &IpAddr| config.trusted_proxies.contains(address);
    let client = forwarded::client(socket, &old, &new, is_ours);
    if let Some(doubt) = client.doubt {
        complain(socket.to_canonical(), client.address, &doubt);
    }
    client.address
}

/// Once a process: a proxy writes the same with every request.
fn complain(proxy: IpAddr, counted: IpAddr, doubt: &ProxyDoubt) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        log::warn!(
            "what the proxy {proxy} writes about its clients cannot be used: {doubt}. Such requests count \
             as {counted}'s, so that one client's wrong passwords hold up others. Set the proxy as \
             docs/operations.md says, and VESTNIK_TRUSTED_PROXIES to the proxies alone; this is said once"
        );
    });
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn config(flags: &[&str]) -> Config {
        Config::of(flags).expect("flags that can be read")
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
