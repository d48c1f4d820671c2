//! What is to be done, resolved once: templates filled in, files read.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::args::{Args, Mode};
use crate::clock::now;
use crate::frames::{BINARY, TEXT};
use crate::stamps::{KEY_MARK, Scanner, Stamp, TEXT_MARK};
use crate::stream;

/// Ports of one source address that are used.
const PORTS: usize = 20_000;

pub(crate) struct Plan {
    pub(crate) args: Args,
    pub(crate) target: SocketAddrV4,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// In every stamp; nobody else has it.
    pub(crate) run: u64,
    pub(crate) texts: Scanner,
    pub(crate) keys: Scanner,
    path: String,
    users: Vec<String>,
    tokens: Vec<String>,
    rooms: Vec<String>,
}

impl Plan {
    pub(crate) fn new(mut args: Args) -> Result<Self, String> {
        match args.mode {
            Mode::Sends => (args.subs, args.publishers) = (1, 1),
            Mode::Idle | Mode::Connect => args.publishers = 0,
            Mode::Fanout => {}
        }
        if args.publishers + args.stalled > args.subs {
            return Err("--publishers and --stalled are more than --subs".into());
        }
        let (is_tls, target, path) = address(&args.url)?;
        if !target.ip().is_loopback() || !args.source.is_loopback() {
            return Err("this is for loopback addresses (127.0.0.0/8) only".into());
        }
        let tls = is_tls.then(|| stream::tls(args.ca.as_deref())).transpose()?;
        let total = args.rooms * args.subs;
        let run = now() ^ u64::from(std::process::id()) << 40;
        Ok(Self {
            users: lines(args.users.as_ref(), total)?,
            tokens: lines(args.tokens.as_ref(), total)?,
            rooms: lines(args.room_ids.as_ref(), args.rooms)?,
            texts: Scanner::new(TEXT_MARK, run),
            keys: Scanner::new(KEY_MARK, run),
            run,
            path,
            target,
            tls,
            args,
        })
    }

    pub(crate) fn connections(&self) -> usize {
        self.args.rooms * self.args.subs
    }

    /// How many members of a room read.
    pub(crate) fn readers(&self) -> usize {
        self.args.subs - self.args.stalled
    }

    pub(crate) fn opcode(&self) -> u8 {
        if self.args.binary { BINARY } else { TEXT }
    }

    pub(crate) fn source(&self, index: usize) -> Ipv4Addr {
        (u32::from(self.args.source) + (index / PORTS) as u32).into()
    }

    /// Fills in what belongs to a connection; what belongs to a message stays.
    pub(crate) fn fill(&self, template: &str, index: usize) -> String {
        let line = |lines: &[String], line: usize, letter: char| {
            lines.get(line).cloned().unwrap_or_else(|| format!("{letter}{line}"))
        };
        template
            .replace("{user}", &line(&self.users, index, 'u'))
            .replace("{token}", &line(&self.tokens, index, 't'))
            .replace("{room}", &line(&self.rooms, index / self.args.subs, 'r'))
            .replace("{index}", &index.to_string())
            .replace("\\r", "\r")
            .replace("\\n", "\n")
    }

    /// The request that opens a connection's socket.
    pub(crate) fn request(&self, index: usize) -> Vec<u8> {
        let path = self.fill(&self.path, index);
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            self.target
        );
        for header in &self.args.header {
            request += &self.fill(header, index);
            request += "\r\n";
        }
        request += "\r\n";
        request.into_bytes()
    }
}

/// Whether it is TLS, where it goes, and the path.
fn address(url: &str) -> Result<(bool, SocketAddrV4, String), String> {
    let (is_tls, rest) = match (url.strip_prefix("ws://"), url.strip_prefix("wss://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err("the URL begins with ws:// or wss://".into()),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let target = authority.replace("localhost", "127.0.0.1");
    let target = target
        .parse()
        .map_err(|_| format!("`{authority}` is no IPv4 address with a port"))?;
    Ok((
        is_tls,
        target,
        if path.is_empty() {
            "/".into()
        } else {
            path.into()
        },
    ))
}

/// The lines of a file, of which so many are needed.
fn lines(file: Option<&PathBuf>, needed: usize) -> Result<Vec<String>, String> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.len() < needed {
        return Err(format!(
            "{} has {} lines, and {needed} are needed",
            file.display(),
            lines.len()
        ));
    }
    Ok(lines)
}

enum Part {
    Text(String),
    Payload,
    Key,
    Number,
}

/// A publisher's message, taken apart so that only what varies is written anew.
pub(crate) struct Message {
    parts: Vec<Part>,
    payload: usize,
}

impl Message {
    pub(crate) fn new(template: &str, payload: usize) -> Self {
        let mut parts = Vec::new();
        let mut rest = template;
        let places = [("{payload}", 0), ("{id}", 1), ("{number}", 2)];
        while let Some((at, name, which)) = places
            .iter()
            .filter_map(|&(name, which)| Some((rest.find(name)?, name, which)))
            .min()
        {
            parts.push(Part::Text(rest[..at].into()));
            parts.push(match which {
                0 => Part::Payload,
                1 => Part::Key,
                _ => Part::Number,
            });
            rest = &rest[at + name.len()..];
        }
        parts.push(Part::Text(rest.into()));
        Self { parts, payload }
    }

    /// Whether acknowledgements repeat a key; else a publisher's own message is its acknowledgement.
    pub(crate) fn has_key(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Key))
    }

    pub(crate) fn write(&self, stamp: &Stamp, text: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Key => stamp.write(KEY_MARK, text),
                Part::Number => text.push_str(&stamp.number.to_string()),
                Part::Payload => {
                    let end = text.len() + self.payload;
                    stamp.write(TEXT_MARK, text);
                    text.push(';');
                    text.extend(std::iter::repeat_n('x', end.saturating_sub(text.len())));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn plan(args: &str) -> Result<Plan, String> {
        Plan::new(Args::parse_from(format!("blast {args}").split(' ')))
    }

    #[test]
    fn a_message_is_what_its_template_says() {
        let message = Message::new(r#"{"a":"{payload}","b":"{id}","c":{number}}"#, 20);
        let mut text = String::new();
        message.write(
            &Stamp {
                run: 1,
                publisher: 2,
                number: 3,
                due: 4,
            },
            &mut text,
        );
        assert_eq!(text, r#"{"a":"TS:1:2:3:4;xxxxxxxxx","b":"AK:1:2:3:4","c":3}"#);
        assert!(message.has_key());
        assert!(!Message::new("{payload}", 1).has_key());
    }

    #[test]
    fn a_connection_is_member_of_its_room() {
        let plan = plan("fanout --url ws://127.0.0.1:1/ws/{room} --rooms 3 --subs 4").unwrap();
        assert_eq!(plan.connections(), 12);
        assert_eq!(plan.fill("{user} {token} {room} {index}\\r\\n", 7), "u7 t7 r1 7\r\n");
        let request = String::from_utf8(plan.request(11)).unwrap();
        assert!(request.starts_with("GET /ws/r2 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"));
    }

    #[test]
    fn only_loopback_is_driven() {
        for args in [
            "idle --url ws://192.0.2.1:80/",
            "idle --url ws://example.com:80/",
            "idle --url ws://127.0.0.1:80/ --source 192.0.2.1",
            "idle --url http://127.0.0.1:80/",
            "fanout --url ws://127.0.0.1:80/ --subs 1 --stalled 1",
        ] {
            assert!(plan(args).is_err(), "{args}");
        }
        assert!(plan("idle --url ws://localhost:80").is_ok());
    }
}
