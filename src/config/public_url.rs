//! Where browsers find the server.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// What a browser means by one place on the web: scheme, name and port. Two ways to write it are
/// equal: a default port may be left away, letters have no case, a name may end with a dot, and a
/// name of other letters is its punycode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    scheme: String,
    host: Host,
    port: u16,
}

impl Site {
    /// Reads an `Origin` as browsers write it: `https://chat.example.com`. `None` for `null` and for
    /// whatever is no place on the web.
    pub fn of_origin(origin: &str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        Self::of_host(scheme, authority)
    }

    /// Reads a `Host` under a scheme.
    pub fn of_host(scheme: &str, authority: &str) -> Option<Self> {
        // The parser is as patient as browsers are with what people type; a header has no such thing.
        let is_plain = |letter: char| {
            !letter.is_whitespace() && !letter.is_control() && !"/\\?#@%".contains(letter)
        };
        if authority.is_empty() || !authority.chars().all(is_plain) {
            return None;
        }
        Self::of_url(&Url::parse(&format!("{scheme}://{authority}")).ok()?)
    }

    fn of_url(url: &Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let host = match url.host()?.to_owned() {
            Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(&name).to_owned()),
            address => address,
        };
        Some(Self {
            scheme: url.scheme().to_owned(),
            host,
            port: url.port_or_known_default()?,
        })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Does only this machine have this name?
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.to_canonical().is_loopback(),
        }
    }

    /// The port, unless it is the usual one.
    pub fn own_port(&self) -> Option<u16> {
        let usual = if self.scheme == "https" { 443 } else { 80 };
        (self.port != usual).then_some(self.port)
    }
}

/// What the server's own paths begin with. A public path that begins so could not be told from them
/// where a proxy takes it away.
pub const OWN_NAMES: [&str; 17] = [
    "addMember",
    "api",
    "assets",
    "auth",
    "badges",
    "createChat",
    "deleteChat",
    "deleteUser",
    "healthz",
    "index.html",
    "manifest.webmanifest",
    "metrics",
    "readyz",
    "register",
    "removeMember",
    "updateUser",
    "ws",
];

/// The address that browsers see; none at all if it is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicUrl {
    site: Option<Site>,
    /// Like `/chat`; empty for a host of its own.
    path: String,
}

/// As it would be set; nothing if it is not.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(site) = self.site() else {
            return Ok(());
        };
        write!(f, "{}://{}", site.scheme, site.host)?;
        if let Some(port) = site.own_port() {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)
    }
}

impl PublicUrl {
    /// The place, if one is set.
    pub fn site(&self) -> Option<&Site> {
        self.site.as_ref()
    }

    /// Under which path of its host the server is, like `/chat`; empty if it has the host for itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What a path means to the server, if it has the public path before it: proxies pass it on or take
    /// it away.
    pub fn inner<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.path.is_empty() {
            return None;
        }
        path.strip_prefix(self.path.as_str()).filter(|rest| rest.starts_with('/'))
    }

    /// Does it begin with `https`?
    pub fn is_https(&self) -> bool {
        self.site().is_some_and(|site| site.scheme() == "https")
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        let wrong = |why: &str| {
            format!(
                "VESTNIK_PUBLIC_URL must look like https://chat.example.com, and {text:?} {why}"
            )
        };
        let url = Url::parse(text).map_err(|error| wrong(&format!("is no URL: {error}")))?;
        let is_web = text.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://"));
        let site = Site::of_url(&url).filter(|_| is_web);
        let site =
            site.ok_or_else(|| wrong("does not begin with https:// or http:// and a name"))?;
        if url.host_str().is_some_and(|host| host.contains('*')) {
            return Err(wrong("has a * in it; name the one address that browsers see"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("has a user in it; leave away what ends with @"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has something behind ? or #; leave that away"));
        }
        let path = url.path().trim_end_matches('/');
        if !path.is_empty() && !is_plain_path(path) {
            return Err(wrong(
                "has a path of other than letters, digits, dots, _, - and ~; choose a plain one",
            ));
        }
        let first = path.split('/').nth(1).unwrap_or_default();
        if OWN_NAMES.iter().any(|name| name.eq_ignore_ascii_case(first)) {
            return Err(wrong(
                "has a path that begins like one of the server's own; choose another, like /chat",
            ));
        }
        Ok(Self {
            site: Some(site),
            path: path.to_owned(),
        })
    }
}

/// Is it of characters that everybody leaves as they are (RFC 3986, section 2.3)?
fn is_plain_path(path: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._~-".contains(letter);
    path.split('/')
        .skip(1)
        .all(|part| !part.is_empty() && part.chars().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_take_for_one_place_is_one() {
        let site = |text| Site::of_origin(text).expect(text);
        for (one, other) in [
            ("https://chat.example", "https://chat.example:443"),
            ("http://chat.example:80", "http://chat.example"),
            ("HTTPS://Chat.Example", "https://chat.example"),
            ("https://chat.example.", "https://chat.example"),
            ("https://чат.example", "https://xn--80a0bn.example"),
            ("https://[2001:DB8:0::1]", "https://[2001:db8::1]:443"),
        ] {
            assert_eq!(site(one), site(other));
        }
        for (one, other) in [
            ("https://chat.example", "http://chat.example"),
            ("https://chat.example:80", "https://chat.example"),
            ("https://chat.example:8443", "https://chat.example"),
            ("https://chat.example", "https://chat.example.evil.net"),
            ("https://[::1]", "https://127.0.0.1"),
        ] {
            assert_ne!(site(one), site(other));
        }
    }

    #[test]
    fn what_no_browser_writes_is_no_origin() {
        for text in [
            "null",
            "",
            "chat.example",
            "https:chat.example",
            "https:///chat.example",
            "https://chat.example/",
            "https://chat.example/x",
            "https://a@chat.example",
            "https://chat.example?x",
            "https://chat.example#x",
            "file://chat.example",
            "https://",
            "https://:443",
            "https://chat example",
            "https:\\\\chat.example",
            "https://chat.example\t",
            "https://ch%61t.example",
            "https://chat.example:99999",
            "ws://chat.example",
        ] {
            assert_eq!(Site::of_origin(text), None, "{text}");
        }
    }

    #[test]
    fn a_public_url_that_could_never_match_is_refused() {
        let read = |text: &str| text.parse::<PublicUrl>();
        for text in [
            "https://chat.example",
            "https://chat.example:443/",
            " https://Chat.Example. ",
        ] {
            let read = read(text).expect(text);
            assert_eq!(
                (read.site, read.path.as_str()),
                (Site::of_origin("https://chat.example"), "")
            );
        }
        assert_eq!(read("").unwrap().site(), None);
        for text in [
            "chat.example",
            "https://",
            "https:chat.example",
            "ftp://chat.example",
            "https://user@chat.example",
            "https://chat.example?y",
            "https://chat.example/#/",
            "https://chat.example:http",
            "https://a b",
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains("VESTNIK_PUBLIC_URL") && error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_path_is_passed_over_where_it_is_passed_on() {
        let read = |text: &str| text.parse::<PublicUrl>();
        let url = read("https://example.com/team/chat/").unwrap();
        assert_eq!(url.path(), "/team/chat");
        assert_eq!(url.inner("/team/chat/api/me"), Some("/api/me"));
        assert_eq!(url.inner("/team/chat/"), Some("/"));
        for other in [
            "/team/chat",
            "/team/chats/",
            "/api/me",
            "/",
            "/x/team/chat/",
        ] {
            assert_eq!(url.inner(other), None, "{other}");
        }
        assert_eq!(read("https://example.com").unwrap().inner("/api/me"), None);
        for text in [
            "https://x.example/a//b",
            "https://x.example/a b",
            "https://x.example/%20",
            "https://x.example/api",
            "https://x.example/API/chat/",
            "https://x.example/ws",
        ] {
            assert!(read(text).is_err_and(|error| error.contains("path")), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |host| Site::of_host("http", host).is_some_and(|site| site.is_loopback());
        for host in [
            "localhost",
            "LocalHost.:8080",
            "127.0.0.1:8080",
            "127.9.9.9",
            "[::1]:80",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "evil.net",
            "127.0.0.1.evil.net",
            "10.0.0.1",
            "[::2]",
            "",
            "localhost.evil",
            "[::1",
            "localhost@evil.net",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
