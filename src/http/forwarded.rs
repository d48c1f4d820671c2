//! Whom a proxy had a request from: the client's address out of `X-Forwarded-For` and `Forwarded`
//! (RFC 7239).
//!
//! Each proxy appends the address of its peer. So the headers are read from their end, and only as
//! far as one of our proxies wrote: what stands further left anybody may have written. An entry that
//! is no address ends the reading, since nobody knows who is behind it.
//!
//! The parts of `Forwarded` may be quoted, and a client may send half a quotation to swallow what the
//! proxy appends. So its lines are taken whole or not at all, which the published parsers do not do.

use std::fmt;
use std::net::IpAddr;

/// How much of an entry is told to the log.
const TOLD_CHARS: usize = 64;
/// Digits of a port (RFC 7239, section 6).
const PORT_DIGITS: usize = 5;

/// Who sent a request, as far as it can be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// The client's address, or that of the last of our proxies that is known.
    pub address: IpAddr,
    /// Why it is not known better.
    pub doubt: Option<ProxyDoubt>,
}

/// What is wrong with what a proxy wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProxyDoubt {
    /// An entry is no address.
    Unreadable(String),
    /// The two headers name two clients. One of them is the client's own.
    Contradiction {
        /// What `X-Forwarded-For` says.
        x_forwarded_for: IpAddr,
        /// What `Forwarded` says.
        forwarded: IpAddr,
    },
}

impl fmt::Display for ProxyDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(entry) => write!(f, "{entry:?} is no address"),
            Self::Contradiction {
                x_forwarded_for,
                forwarded,
            } => write!(
                f,
                "X-Forwarded-For says {x_forwarded_for} and Forwarded says {forwarded}; \
                 a proxy must write one of them, and take away or write over the other"
            ),
        }
    }
}

/// What stands at one place of a chain: an address, or what cannot be read.
type Hop = Result<IpAddr, String>;

/// Finds the client behind the peer of the socket. Each header comes as its lines, in order;
/// `is_ours` says of which addresses what they write is believed.
pub(crate) fn client(
    socket: IpAddr,
    x_forwarded_for: &[&[u8]],
    forwarded: &[&[u8]],
    is_ours: impl Fn(&IpAddr) -> bool,
) -> Client {
    let socket = socket.to_canonical();
    if !is_ours(&socket) {
        return Client {
            address: socket,
            doubt: None,
        };
    }
    let old = walk(socket, old_hops(x_forwarded_for), &is_ours);
    let new = walk(socket, new_hops(forwarded), &is_ours);
    match (old, new) {
        (Some(old), Some(new)) if old.address != new.address => Client {
            address: socket,
            doubt: Some(ProxyDoubt::Contradiction {
                x_forwarded_for: old.address,
                forwarded: new.address,
            }),
        },
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => Client {
            address: socket,
            doubt: None,
        },
    }
}

/// Goes from the socket's peer to the first that is none of ours. `None` if nothing is written.
fn walk(
    socket: IpAddr,
    hops: impl Iterator<Item = Hop>,
    is_ours: impl Fn(&IpAddr) -> bool,
) -> Option<Client> {
    let mut client = None;
    let mut address = socket;
    for hop in hops {
        let doubt = match hop {
            Ok(earlier) => {
                address = earlier;
                None
            }
            Err(entry) => Some(ProxyDoubt::Unreadable(entry)),
        };
        let is_end = doubt.is_some() || !is_ours(&address);
        client = Some(Client { address, doubt });
        if is_end {
            break;
        }
    }
    client
}

/// The entries of `X-Forwarded-For`, the last first. Empty ones are none (RFC 9110, section 5.6.1.2).
fn old_hops<'a>(lines: &'a [&'a [u8]]) -> impl Iterator<Item = Hop> + 'a {
    let entries = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    entries.map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty()).map(|entry| {
        let text = String::from_utf8_lossy(entry);
        address(unquoted(&text).unwrap_or(&text)).ok_or_else(|| told(&text))
    })
}

/// What `Forwarded` says of each client, the last first; nothing if no element says `for`.
fn new_hops(lines: &[&[u8]]) -> impl Iterator<Item = Hop> {
    let mut hops: Vec<Option<Hop>> = Vec::new();
    for line in lines {
        let line = String::from_utf8_lossy(line);
        match elements(&line) {
            Some(elements) => hops.extend(elements),
            None => hops.push(Some(Err(told(&line)))),
        }
    }
    let says_for = hops.iter().any(Option::is_some);
    let silent = || Err("an element without for=".to_owned());
    hops.into_iter()
        .rev()
        .filter(move |_| says_for)
        .map(move |hop| hop.unwrap_or_else(silent))
}

/// What each element of a line says behind `for=`; `None` if the line is not well-formed.
fn elements(line: &str) -> Option<Vec<Option<Hop>>> {
    let parts = split(line, ',')?;
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.map(element).collect()
}

fn element(text: &str) -> Option<Option<Hop>> {
    let mut hop = None;
    for pair in split(text, ';')?.into_iter().map(str::trim) {
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once('=')?;
        // Whatever it is for: a quotation that ends too early has swallowed something.
        let value = unquoted(value.trim())?;
        if name.trim().eq_ignore_ascii_case("for") {
            let found = address(value).ok_or_else(|| told(value));
            if hop.replace(found).is_some() {
                return None;
            }
        }
    }
    Some(hop)
}

/// Splits where no quotation is open; `None` if one is not closed.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == separator && !is_quoted => {
                parts.push(text.get(start..at)?);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!is_quoted).then_some(parts)
}

/// A value without the quotation marks around it; `None` if there are any inside. No address needs a
/// character that must be escaped.
fn unquoted(value: &str) -> Option<&str> {
    let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let value = inside.unwrap_or(value);
    (!value.contains('"')).then_some(value)
}

/// An address as proxies write it: bare, in brackets, with a port, with a zone, IPv4 in IPv6.
fn address(text: &str) -> Option<IpAddr> {
    if let Some(inside) = text.strip_prefix('[') {
        let (inside, rest) = inside.split_once(']')?;
        let is_port = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        return bare(inside).filter(|_| is_port);
    }
    bare(text).or_else(|| {
        let (address, port) = text.rsplit_once(':')?;
        bare(address).filter(|_| is_port(port))
    })
}

/// Digits, or a name that hides them (RFC 7239, section 6).
fn is_port(text: &str) -> bool {
    match text.strip_prefix('_') {
        Some(hidden) => hidden
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)),
        None => text.len() <= PORT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn bare(text: &str) -> Option<IpAddr> {
    match text.split_once('%') {
        // A zone means something on one machine only.
        Some((address, zone)) if !zone.is_empty() => address.parse().ok().map(IpAddr::V6),
        _ => text.parse().ok(),
    }
    .map(|address: IpAddr| address.to_canonical())
}

fn told(entry: &str) -> String {
    entry.chars().take(TOLD_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn found(x_forwarded_for: &[&str], forwarded: &[&str]) -> Client {
        let old: Vec<&[u8]> = x_forwarded_for.iter().map(|line| line.as_bytes()).collect();
        let new: Vec<&[u8]> = forwarded.iter().map(|line| line.as_bytes()).collect();
        let ours = |ip: &IpAddr| ip.to_string().starts_with("10.0.0.");
        client(PROXY.parse().unwrap(), &old, &new, ours)
    }

    fn by_old(lines: &[&str]) -> String {
        found(lines, &[]).address.to_string()
    }

    fn by_new(lines: &[&str]) -> String {
        found(&[], lines).address.to_string()
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        for (entry, wanted) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:51234", "203.0.113.7"),
            ("  203.0.113.7\t", "203.0.113.7"),
            ("\"203.0.113.7:51234\"", "203.0.113.7"),
            ("203.0.113.7:_port", "203.0.113.7"),
            ("2001:db8::5", "2001:db8::5"),
            ("[2001:db8::5]", "2001:db8::5"),
            ("[2001:DB8::5]:443", "2001:db8::5"),
            ("\"[2001:db8::5]:443\"", "2001:db8::5"),
            ("2001:db8:0:0:0:0:0:5:51234", "2001:db8::5"),
            ("fe80::5%eth0", "fe80::5"),
            ("[fe80::5%25eth0]:443", "fe80::5"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
        ] {
            assert_eq!(by_old(&[entry]), wanted, "{entry}");
            let quoted = entry.trim().trim_matches('"');
            assert_eq!(by_new(&[&format!("for=\"{quoted}\"")]), wanted, "{entry}");
            // Without the quotation marks that colons and brackets need, as many write it.
            assert_eq!(
                by_new(&[&format!("by=10.0.0.9; FOR={quoted} ;proto=https")]),
                wanted,
                "{entry}"
            );
        }
    }

    #[test]
    fn what_is_no_address_ends_the_reading_at_the_last_proxy() {
        for entry in [
            "unknown",
            "_hidden",
            "unix:",
            "<script>",
            "203.0.113.7:http",
            "203.0.113",
            "1.2.3.4.5",
            "203.0.113.7:123456",
            "[2001:db8::5",
            "2001:db8::5]",
            "[2001:db8::5]443",
            "203.0.113.7%eth0",
            "\"203.0.113.7",
            "256.0.0.1",
            "é",
        ] {
            let client = found(&[&format!("198.51.100.1, {entry}, 10.0.0.2")], &[]);
            assert_eq!(client.address.to_string(), "10.0.0.2", "{entry}");
            assert_eq!(client.doubt, Some(ProxyDoubt::Unreadable(entry.into())));
            let line = format!("for=198.51.100.1, for={entry}, for=10.0.0.2");
            assert_ne!(by_new(&[&line]), "198.51.100.1", "{entry}");
        }
        // An entry with a byte of no character does not take the rest of its line with it.
        let line: &[u8] = b"\xff, 203.0.113.7";
        assert_eq!(
            client(PROXY.parse().unwrap(), &[line], &[], |ip| ip.to_string() == PROXY)
                .address
                .to_string(),
            "203.0.113.7"
        );
    }

    #[test]
    fn a_chain_is_read_from_its_end_as_far_as_our_proxies_wrote() {
        for (lines, wanted) in [
            (&["203.0.113.7"][..], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            (&["203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (&["203.0.113.7, 10.0.0.3,10.0.0.2:80"], "203.0.113.7"),
            (&["198.51.100.1", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            (&["203.0.113.7,, ,"], "203.0.113.7"),
            (&[",", "203.0.113.7", ""], "203.0.113.7"),
            // All of them are ours: the first began it.
            (&["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
            (&[""], PROXY),
            (&[], PROXY),
        ] {
            assert_eq!(by_old(lines), wanted, "{lines:?}");
            let new = lines.iter().map(|line| {
                let entries = line.split(',').map(|entry| match entry.trim() {
                    "" => String::new(),
                    entry => format!("for=\"{entry}\";host=\"a,b;c\""),
                });
                entries.collect::<Vec<_>>().join(",")
            });
            let new: Vec<String> = new.collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            assert_eq!(by_new(&new), wanted, "{new:?}");
        }
    }

    #[test]
    fn a_stranger_may_write_what_they_like() {
        let lines: &[&[u8]] = &[b"10.0.0.2"];
        let stranger: IpAddr = "192.0.2.9".parse().unwrap();
        let client = client(stranger, lines, lines, |ip| ip.to_string() == PROXY);
        assert_eq!((client.address, client.doubt), (stranger, None));
    }

    #[test]
    fn half_a_quotation_does_not_swallow_what_the_proxy_appends() {
        for sent in [
            "for=\"198.51.100.1",
            "for=198.51.100.1;x=\"",
            "for=198.51.100.1, for=\"",
            "for=\"198.51.100.1\\",
            "for=198.51.100.1;x=\"\\\"",
        ] {
            for appended in [
                "for=203.0.113.7",
                "for=\"203.0.113.7:443\"",
                "for=\"_x\";by=\"_y\"",
            ] {
                let client = found(&[], &[&format!("{sent}, {appended}")]);
                assert_ne!(client.address.to_string(), "198.51.100.1", "{sent}, {appended}");
                // In a line of its own the proxy is understood.
                let client = found(&[], &[sent, appended]);
                assert_ne!(client.address.to_string(), "198.51.100.1", "{sent} / {appended}");
            }
        }
        assert_eq!(by_new(&["for=198.51.100.1;for=203.0.113.7"]), PROXY, "twice in an element");
    }

    #[test]
    fn of_two_headers_that_contradict_each_other_neither_is_believed() {
        let agreed = found(&["198.51.100.1, 203.0.113.7"], &["for=\"203.0.113.7:1\""]);
        assert_eq!((agreed.address.to_string().as_str(), agreed.doubt), ("203.0.113.7", None));
        let contradicted = found(&["203.0.113.7"], &["for=198.51.100.1"]);
        assert_eq!(contradicted.address.to_string(), PROXY);
        assert!(matches!(contradicted.doubt, Some(ProxyDoubt::Contradiction { .. })));
        // One that says nothing of clients contradicts nobody.
        for silent in ["proto=https;host=chat.example", "", "by=10.0.0.1"] {
            let client = found(&["203.0.113.7"], &[silent]);
            assert_eq!(client.address.to_string(), "203.0.113.7", "{silent}");
        }
    }
}
