//! The rest of the table: how the server's own parts bound each other, and connections.

use vestnik::actors::following::STEP;
use vestnik::config::Config;
use vestnik::domain::conversation::AHEAD_BYTES;
use vestnik::domain::following::{DUE_AT_MOST, WALK_PAGE};
use vestnik::domain::invite::{HOURS, USES};
use vestnik::domain::limits::ReadCommandBounds;
use vestnik::domain::names::forms::SEARCH_WORDS;
use vestnik::domain::names::rules::USERNAME_TYPED_CHARS;
use vestnik::domain::presence::MAX_MEMBERS;
use vestnik::domain::text::DISPLAY_NAME_CHARS;

use super::{Row, bytes, many, seconds, signed};
use crate::constants::{number_of, time_of};

/// What a connection may have.
pub(super) fn connections(set: &Config) -> Vec<Row> {
    let head = "app/connection/head.rs";
    let stream = "app/connection/http1_stream.rs";
    let idle = seconds(set.keep_alive);
    let first = seconds(time_of(head, "WITHIN"));
    let listening = "app/listening.rs";
    vec![
        (
            "the head of a request",
            format!("{}, 96 lines, {first}", bytes(number_of(head, "LONGEST"))),
            "`head_too_large`, `too_slow`",
            "for each request of a connection; the parser takes 96 lines",
        ),
        (
            "a handshake of TLS",
            seconds(time_of(listening, "TLS_WITHIN")),
            "the connection ends",
            "as the head of a request",
        ),
        (
            "a connection without a request",
            format!("{idle}, {first} for the first"),
            "the connection ends",
            "`VESTNIK_KEEP_ALIVE_SECONDS`; it is longer than proxies keep theirs, so that they end it first",
        ),
        (
            "bytes of further requests that are read while one is answered",
            bytes(number_of(stream, "AHEAD")),
            "TCP holds the peer back",
            "more would only wait elsewhere",
        ),
        (
            "what a client still sends after an answer that ends its connection",
            format!(
                "{}, {}",
                seconds(time_of(stream, "LINGER")),
                bytes(number_of(stream, "LINGER_BYTES"))
            ),
            "the connection is dropped",
            "if the connection closed at once, the client would lose the answer",
        ),
        (
            "what a client still sends on a connection that is one too many",
            format!(
                "{}, {}, {} at once of a thread",
                seconds(time_of(listening, "TURNED_AWAY_FOR")),
                bytes(number_of(listening, "TURNED_AWAY_BYTES")),
                many(number_of(listening, "TURNED_AWAY"))
            ),
            "the connection is dropped",
            "so that the client can read the 503",
        ),
        (
            "bytes of an answer that a connection keeps",
            format!(
                "{} and a piece of {}",
                bytes(number_of("app/connection/answer.rs", "COLLECTED")),
                bytes(number_of("http/answer_bodies.rs", "PIECE"))
            ),
            "the answer waits",
            "as much as one write takes",
        ),
        (
            "sent bytes that a peer's machine does not acknowledge, or has no room for",
            format!("{} (Linux)", seconds(time_of(listening, "UNANSWERED_WITHIN"))),
            "the connection is dropped",
            "a peer that has disappeared",
        ),
        (
            "silence of a socket's peer",
            format!(
                "{}, then a ping and {} more",
                seconds(set.ping_after),
                seconds(set.pong_within)
            ),
            "closed with 4003",
            "`VESTNIK_PING_SECONDS`, `VESTNIK_PONG_SECONDS`",
        ),
        (
            "a peer's answer to a close frame",
            format!(
                "{}, {} for a slow reader",
                seconds(time_of("actors/session/socket/writer/end.rs", "CLOSE_GRACE")),
                seconds(time_of("actors/session/socket/writer/end.rs", "SLOW_GRACE"))
            ),
            "the connection is dropped",
            "a slow reader is to see why it was closed",
        ),
        (
            "event streams of a thread",
            many(number_of("actors/worker.rs", "STREAMS")),
            "`too_many_sessions`",
            "each has a pipe besides everything that a socket has",
        ),
        (
            "the pipe of an event stream",
            format!("{} each way", bytes(number_of("http/events/mod.rs", "PIPE"))),
            "the bytes wait for the socket",
            "that is enough to keep a fast reader busy",
        ),
    ]
}

/// What the parts hold of each other's.
pub(super) fn parts(set: &Config) -> Vec<Row> {
    let queue = "actors/conversation/relay_queue.rs";
    let watched = "actors/background/chats.rs";
    let limits = "actors/rate_limits.rs";
    vec![
        (
            "members in a transaction of read commands",
            many(ReadCommandBounds::DEFAULT.members),
            "the next one",
            "the disk is for messages",
        ),
        (
            "deliveries of a conversation that wait for one thread",
            format!(
                "{}, {} in one delivery",
                bytes(number_of(queue, "FULL")),
                bytes(number_of(queue, "RUN"))
            ),
            "the conversation answers `busy`",
            "a thread that is behind is not given more",
        ),
        (
            "what a conversation keeps behind a gap",
            bytes(AHEAD_BYTES),
            "the rest is read from the store with the gap",
            "changes of other processes come within a second",
        ),
        (
            "conversations in one query for changes of other processes",
            many(number_of("store/changes/heads.rs", "AT_ONCE")),
            "the next query",
            "there is one query a second, and none while nobody listens",
        ),
        (
            "chats that a follower remembers as due, and asks about at once",
            format!("{}, {}", many(DUE_AT_MOST), many(WALK_PAGE)),
            "they are found again by asking about all chats, page by page",
            "a new follower of a large database has all of them to read",
        ),
        (
            "a step of a follower",
            format!(
                "{} changes, {}; {} to prepare it, {} to write",
                many(STEP.rows as usize),
                bytes(STEP.bytes),
                seconds(time_of("actors/following/step.rs", "PREPARE_WITHIN")),
                seconds(time_of("actors/following/step.rs", "WRITE_WITHIN"))
            ),
            "the rest is the next step; what takes longer is tried again",
            "on SQLite nothing else is written meanwhile",
        ),
        (
            "what the kernel keeps for one socket",
            format!(
                "{}, doubled for its own bookkeeping",
                bytes(number_of("actors/session/transport.rs", "SEND_BUFFER"))
            ),
            "the bytes wait in the server",
            "a hundred thousand of the kernel's own buffers would be too many",
        ),
        (
            "frames of a chat while its past is replayed to a socket",
            bytes(set.outbox_bytes),
            "they are replayed too",
            "as much as may wait for a socket",
        ),
        (
            "chats in `ready`",
            format!(
                "{}, read in pages of {}",
                many(number_of(watched, "MOST")),
                many(number_of(watched, "PAGE"))
            ),
            "`GET /api/chats`",
            "one frame",
        ),
        (
            "counts of a chat in the background",
            format!(
                "one in {} milliseconds, for the conversation and for each socket",
                time_of("actors/conversation/background_news.rs", "QUIET").as_millis()
            ),
            "the last value comes",
            "nobody reads faster",
        ),
        (
            "typing frames",
            format!(
                "one in {} of a socket for a chat, {} a second of a chat, {} members",
                seconds(time_of("actors/session/changes.rs", "TYPING_EVERY")),
                many(number_of("actors/conversation/ephemeral.rs", "TYPING_PER_SECOND")),
                many(MAX_MEMBERS)
            ),
            "not told",
            "it may be lost",
        ),
        (
            "a username as it is typed",
            format!("{} characters", many(USERNAME_TYPED_CHARS)),
            "no account has it",
            "the bound holds before case is folded",
        ),
        (
            "words of a search for people",
            format!("{}, in {} characters", many(SEARCH_WORDS), many(DISPLAY_NAME_CHARS)),
            "the rest is not looked for",
            "as long as the longest name",
        ),
        (
            "an invitation",
            format!("{} accounts, {} hours", signed(USES.1), signed(HOURS.1)),
            "`invalid_invite_terms`",
            "30 days after its end it is forgotten",
        ),
        (
            "rows in `witnesses`",
            "those of a day".into(),
            "older ones are deleted with the next one",
            "a COMMIT is settled within seconds",
        ),
        (
            "heads of chats that a thread remembers",
            format!(
                "twice those that are watched there, and {}",
                many(number_of("actors/background/mod.rs", "SPARE_HEADS"))
            ),
            "heads that nobody watches are forgotten",
            "they are learnt again",
        ),
        (
            "users, and addresses, whose pace is remembered",
            format!(
                "twice those who were active lately, or {}; {} at most",
                many(number_of(limits, "FEW")),
                many(number_of(limits, "MANY"))
            ),
            "those who may go at full pace again are forgotten",
            "a flood of new addresses costs no memory",
        ),
        (
            "accounts and addresses whose failed sign-ins are remembered",
            format!("{} each", many(number_of("actors/registry/failure_limits.rs", "KEYS"))),
            "those that are no longer needed are forgotten, then all",
            "the same",
        ),
        (
            "tokens or accounts asked about in one query, for open sockets",
            many(number_of("store/rights.rs", "AT_ONCE")),
            "the next query",
            "no query is to run long",
        ),
        (
            "messages of a chat whose mentions have changed lately, as a thread remembers them",
            number_of("actors/background/recent_mentions.rs", "REMEMBERED").to_string(),
            "the oldest change is forgotten",
            "only late hints of other servers need them",
        ),
        (
            "hints that wait to be sent to other servers",
            format!(
                "{} hints, and {} of them sealed",
                many(number_of("actors/cluster/outgoing.rs", "WAITING")),
                bytes(number_of("bus/queue.rs", "WAITING_BYTES"))
            ),
            "they are dropped; the others find it in the store",
            "a Postgres or NATS that has stalled costs no more",
        ),
        (
            "envelopes from other servers that are not opened yet",
            format!("{} envelopes", many(number_of("bus/mod.rs", "ARRIVALS"))),
            "the server listens anew, and reads the store",
            "a slow listener fills the queue of all servers",
        ),
        (
            "connections to the database",
            format!(
                "1 writing and {} reading on SQLite; {} on Postgres, of which {} write",
                many(number_of("store/connect/mod.rs", "SQLITE_READERS")),
                set.database.db_connections,
                many(number_of("store/connect/postgres.rs", "WRITING"))
            ),
            "callers wait 4 to 5 seconds, then `unavailable`",
            "`VESTNIK_DB_CONNECTIONS`",
        ),
    ]
}

#[test]
fn what_the_rows_say_in_words_holds() {
    assert_eq!(time_of("store/commit/witness.rs", "KEPT").as_secs(), 86_400);
    assert_eq!(time_of("store/invites.rs", "REMEMBERED").as_secs(), 30 * 86_400);
}
