//! The one table of bounds, in docs/operations.md, is made of the code's own constants and of what is
//! set when nothing is: `UPDATE_DOCS=1 cargo test --test rules bounds` writes it anew.

mod internal_bounds;

use std::fs;
use std::path::Path;
use std::time::Duration;

use vestnik::actors::request_permits::{READINGS, REQUESTS, REQUESTS_WAITING};
use vestnik::actors::session::FRAME_BYTES;
use vestnik::cli::parse_config;
use vestnik::config::Config;
use vestnik::domain::files::MAX_ATTACHMENTS;
use vestnik::domain::ledger::{MAX_EMOJI, MAX_PINS, MAX_REACTIONS, MAX_VERSIONS};
use vestnik::domain::limits::{BatchBounds, QueueBounds, ReadCommandBounds};
use vestnik::domain::mentions::MAX_READINGS;
use vestnik::domain::presence::MAX_MEMBERS;
use vestnik::domain::search::{MAX_CLAUSES, QUERY_BYTES};
use vestnik::domain::slow_reader::{GRACE, SLOWEST};
use vestnik::domain::sync::{FRESH, MAX_CHANGES, RECENT};
use vestnik::domain::text::MESSAGE_BYTES;
use vestnik::domain::unread::MAX_MENTIONS;
use vestnik::http::body::MAX_BYTES;
use vestnik::http::page_bytes::PAGE_BYTES;
use vestnik::http::query::MAX_LIMIT;
use vestnik::store::OTHERS_WAITING;
use vestnik::store::search::{RANKED, TAIL};
use vestnik::store::tokens::DEVICES;

use crate::constants::{number_of, time_of};

const FILE: &str = "docs/operations.md";
const HEAD: &str =
    "| bound | how much | beyond it | why so, and what sets it |\n|---|---|---|---|\n";

/// A number as people write it.
fn many(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn bytes(number: usize) -> String {
    match number {
        _ if number.is_multiple_of(1 << 20) => format!("{} MiB", many(number >> 20)),
        _ if number.is_multiple_of(1 << 10) => format!("{} KiB", many(number >> 10)),
        _ => format!("{} bytes", many(number)),
    }
}

fn seconds(span: Duration) -> String {
    format!("{} seconds", span.as_secs_f64())
}

fn queue(bounds: QueueBounds) -> String {
    let QueueBounds {
        changes,
        bytes: size,
        age,
    } = bounds;
    format!("{} changes, {}, {}", many(changes), bytes(size), seconds(age))
}

fn signed(number: i64) -> String {
    many(usize::try_from(number).unwrap())
}

type Row = (&'static str, String, &'static str, &'static str);

/// What people keep.
fn stored(set: &Config) -> Vec<Row> {
    vec![
        ("a message's text", bytes(MESSAGE_BYTES.1), "`message_too_long`", "four pages"),
        (
            "files of a message",
            many(MAX_ATTACHMENTS),
            "`too_many_attachments`",
            "a screen of them",
        ),
        (
            "a file",
            bytes(usize::try_from(set.files.file_bytes).unwrap()),
            "`file_too_large`",
            "`VESTNIK_FILE_BYTES`",
        ),
        (
            "files of a user",
            bytes(usize::try_from(set.files.user_file_bytes).unwrap()),
            "`quota_reached`",
            "`VESTNIK_USER_FILE_BYTES`; `VESTNIK_ALL_FILE_BYTES` for those of all",
        ),
        (
            "room on the disk that stays free",
            bytes(usize::try_from(set.files.free_bytes).unwrap()),
            "507 `storage_full`",
            "`VESTNIK_FREE_BYTES`",
        ),
        (
            "uploads of a user that no message carries",
            many(usize::try_from(set.files.open_uploads).unwrap()),
            "`too_many_uploads`",
            "`VESTNIK_OPEN_UPLOADS`; forgotten after `VESTNIK_UPLOAD_HOURS`",
        ),
        (
            "a picture that is looked into",
            "32 MiB, 40,000,000 pixels, 256 MiB unpacked".into(),
            "a plain file",
            "one at a time",
        ),
        (
            "former versions of a message",
            many(MAX_VERSIONS),
            "`too_many_edits`",
            "none is dropped, so that an editor cannot get rid of the first one",
        ),
        (
            "reactions to a message",
            format!("{} emoji, {} in all", many(MAX_EMOJI), many(MAX_REACTIONS)),
            "`too_many_reactions`",
            "every answer with the message has them all",
        ),
        (
            "pins of a chat",
            many(MAX_PINS),
            "`too_many_pins`",
            "a reader is to see all of them",
        ),
        (
            "chats that a user has made",
            many(set.user_chats),
            "`too_many_chats`",
            "`VESTNIK_USER_CHATS`; those that are deleted do not count",
        ),
        (
            "devices of a user",
            many(DEVICES),
            "the one that was used longest ago is signed out",
            "as many as sockets",
        ),
        (
            "readings of names that are looked up for a text",
            many(MAX_READINGS),
            "further ones mention nobody",
            "each is a look-up in the transaction",
        ),
        (
            "mentions that are counted for a user in a chat",
            many(MAX_MENTIONS),
            "older ones are not counted",
            "nobody reads more",
        ),
    ]
}

/// What comes in.
fn incoming(set: &Config) -> Vec<Row> {
    vec![
        (
            "the body of a request",
            format!("{}, 10 seconds", bytes(MAX_BYTES)),
            "`too_large`, `too_slow`",
            "room for the longest text and most of its escapes",
        ),
        (
            "a message of a socket, frames joined",
            bytes(FRAME_BYTES),
            "closed with 4513",
            "the same",
        ),
        (
            "requests of a user at once",
            format!(
                "{}, {} of them read and made; {} more wait",
                many(REQUESTS),
                many(READINGS),
                many(REQUESTS_WAITING)
            ),
            "429 `too_fast`",
            "a browser has six connections; a user with hundreds waits for their own requests",
        ),
        (
            "passwords that are hashed",
            "one a core but one (one at least); 128 in line, one of a user, 32 of an address"
                .into(),
            "`too_many_logins`",
            "callers who wait take turns, and the caller with most makes room",
        ),
        (
            "sockets and event streams",
            many(set.max_sessions),
            "`too_many_sessions`",
            "`VESTNIK_MAX_SESSIONS`; each is an open file and some KiB",
        ),
        (
            "the same of a user",
            many(set.session_shares().0),
            "`too_many_sessions`",
            "`VESTNIK_USER_SESSIONS`; nobody has a hundred devices",
        ),
        (
            "the same from an address",
            many(set.session_shares().1),
            "`too_many_sessions`",
            "`VESTNIK_ADDRESS_SESSIONS`; an office of three thousand with three devices each",
        ),
        (
            "connections that are no sockets",
            many(set.max_connections),
            "the one that has been idle longest makes room, of the address with most",
            "`VESTNIK_MAX_CONNECTIONS`",
        ),
        (
            "the same from an address",
            many(set.address_connections),
            "one of the same address makes room",
            "`VESTNIK_ADDRESS_CONNECTIONS`; not for trusted proxies",
        ),
        (
            "sends, changes, opens and read commands of a socket without an answer",
            many(number_of("actors/session/mod.rs", "UNANSWERED")),
            "the server does not read from it, so that TCP holds the peer back",
            "more would only wait elsewhere",
        ),
    ]
}

/// What goes out.
fn outgoing(set: &Config) -> Vec<Row> {
    vec![
        (
            "a page of a list",
            format!("{} items, {} as they are sent", signed(MAX_LIMIT), bytes(PAGE_BYTES)),
            "`next`",
            "more than a screen; one item is always there",
        ),
        (
            "a search",
            format!(
                "{}, {} words and filters; of {} hits the best; {} changes that are not in the index yet",
                bytes(QUERY_BYTES),
                many(MAX_CLAUSES),
                many(RANKED),
                signed(TAIL)
            ),
            "`invalid_query`, `indexing`",
            "what nobody types; the index is seldom a second behind",
        ),
        (
            "searches at once",
            format!(
                "{}, {} in line",
                many(number_of("actors/engine/mod.rs", "SEARCHES")),
                seconds(time_of("actors/engine/mod.rs", "SEARCH_WITHIN"))
            ),
            "503 `busy`",
            "one may read for long, and other reads need connections too",
        ),
        (
            "a span of General (`GET /api/messages`)",
            "10,000 messages, 8 MiB of text".into(),
            "`X-Truncated`",
            "it goes out in pieces of some 64 KiB, whatever its size",
        ),
        (
            "what `POST /api/sync` tells",
            format!(
                "2,000 chats, 2 MiB of them; of {} chats {} changes or {} messages, 64 KiB",
                many(RECENT),
                signed(MAX_CHANGES),
                signed(FRESH)
            ),
            "`GET /api/chats`, `open`",
            "one request for a client that comes back",
        ),
        (
            "a step of a replay to a socket",
            "200 changes, 64 KiB of text".into(),
            "the next one, when this one has been written",
            "a slow reader keeps one step in memory and no more",
        ),
        (
            "answers that wait for their readers",
            bytes(set.answer_bytes),
            "503 `busy`",
            "`VESTNIK_ANSWER_BYTES`; small answers are always given, and a user has eight at once",
        ),
        (
            "a reader that delays an answer",
            format!(
                "{} without taking anything, {} a second",
                seconds(GRACE),
                bytes(SLOWEST as usize)
            ),
            "the connection is dropped",
            "a bad telephone line is faster",
        ),
        (
            "bytes that wait for a socket",
            format!("{}, {} without progress", bytes(set.outbox_bytes), seconds(set.outbox_age)),
            "closed with 4001",
            "`VESTNIK_OUTBOX_BYTES`, `VESTNIK_OUTBOX_SECONDS`; the client resumes from where it was",
        ),
        (
            "presence and typing",
            format!("chats of up to {} members", many(MAX_MEMBERS)),
            "not told",
            "the cost grows with the square of the members",
        ),
    ]
}

/// What waits inside.
fn inside() -> Vec<Row> {
    let (batch, read) = (BatchBounds::DEFAULT, ReadCommandBounds::DEFAULT);
    vec![
        (
            "what waits in a chat to be stored",
            queue(QueueBounds::CONVERSATION),
            "`busy`",
            "nobody waits longer for an answer",
        ),
        (
            "what waits in a writer",
            queue(QueueBounds::WRITER),
            "`busy`",
            "the same over all chats",
        ),
        (
            "a transaction",
            format!("{} changes, {}", many(batch.changes), bytes(batch.bytes)),
            "the next one",
            "a larger one mostly adds delay",
        ),
        (
            "read commands that wait",
            format!("{} in all, {}", many(read.callers), seconds(read.age)),
            "`busy`",
            "as a writer",
        ),
        (
            "transactions of read commands",
            format!("{} a second", read.per_second),
            "read commands wait and gather",
            "the disk is for messages",
        ),
        (
            "what else waits to be written",
            format!("{} changes, 4 seconds", many(OTHERS_WAITING)),
            "`busy`",
            "chats, accounts, devices: one at a time on SQLite, between messages",
        ),
    ]
}

fn table() -> String {
    let set = parse_config(&["--trust=false"]).unwrap();
    let people = [stored(&set), incoming(&set), outgoing(&set)];
    let parts = [
        internal_bounds::connections(&set),
        inside(),
        internal_bounds::parts(&set),
    ];
    let rows = [people, parts].concat().concat();
    let lines = rows
        .into_iter()
        .map(|(what, bound, beyond, why)| format!("| {what} | {bound} | {beyond} | {why} |\n"));
    HEAD.to_owned() + &lines.collect::<String>()
}

#[test]
fn operations_has_the_table_of_bounds_that_the_code_has() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let document = fs::read_to_string(&path).unwrap();
    let begin = document.find(HEAD).expect("the table of bounds");
    let rest = &document[begin..];
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let anew = format!("{}{}{}", &document[..begin], table(), &rest[end..]);
        return fs::write(&path, anew).unwrap();
    }
    assert!(
        rest[..end] == table(),
        "write {FILE} anew: UPDATE_DOCS=1 cargo test --test rules bounds\n{}",
        table()
    );
}

#[test]
fn numbers_are_written_as_people_write_them() {
    assert_eq!([many(7), many(1_000), many(1_234_567)], ["7", "1,000", "1,234,567"]);
    assert_eq!([bytes(65_536), bytes(1 << 26), bytes(100)], ["64 KiB", "64 MiB", "100 bytes"]);
}
