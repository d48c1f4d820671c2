mod looking_again;
mod mentioned;
mod model;

use super::*;
use crate::domain::unread::ReadPosition;

const CHAT: ConversationId = ConversationId(7);
const ANNA: UserId = UserId(1);
const SESSION: SessionId = SessionId(1);

fn position(n: i64) -> ReadPosition {
    ReadPosition { revision: 0, n }
}

fn snapshot(seq: i64, n: i64, read_n: i64) -> Snapshot {
    Snapshot {
        conversation: CHAT,
        head: (seq, n),
        read_state: ReadState::new(position(read_n), []),
    }
}

fn stands(seq: i64, n: i64, read_n: i64) -> Counters {
    Counters {
        chat_id: CHAT.0,
        seq,
        n,
        read_n,
        unread: n - read_n,
        mentions: 0,
    }
}

fn advanced(seq: i64, n: i64) -> Advanced {
    Advanced::new(CHAT, seq, n)
}

#[test]
fn much_is_told_once_and_the_last_value_comes() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    assert!(background.take_news().is_empty());
    for i in 1..=100 {
        background.advanced(&advanced(10 + i, 5 + i));
    }
    assert_eq!(background.take_news(), [(SESSION, stands(110, 105, 5))]);
    assert!(background.take_news().is_empty());
}

#[test]
fn what_happened_between_the_snapshot_and_the_watch_is_told() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.advanced(&advanced(11, 6));
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 5))]);
    background.expect(SessionId(2), ANNA);
    background.watch(SessionId(2), &[snapshot(11, 6, 5)]);
    assert!(background.take_news().is_empty());
}

#[test]
fn ones_own_messages_and_what_one_read_do_not_count() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 2)]);
    background.read_position_moved(ANNA, &snapshot(10, 5, 4));
    background.read_position_moved(ANNA, &snapshot(10, 5, 3));
    background.advanced(&advanced(11, 6));
    assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 4))]);
    let mut own = advanced(12, 7);
    own.read.push((ANNA, position(7)));
    background.advanced(&own);
    assert_eq!(background.take_news(), [(SESSION, stands(12, 7, 7))]);
}

#[test]
fn a_removed_member_hears_nothing_and_a_new_one_does() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    let mut left = advanced(11, 5);
    left.left.push((ANNA, 11));
    background.advanced(&left);
    background.advanced(&advanced(12, 6));
    assert!(background.take_news().is_empty());
    let mut joined = advanced(13, 6);
    let seq = joined.seq;
    joined.joined.push((ANNA, seq, 6));
    background.advanced(&joined);
    background.advanced(&advanced(14, 7));
    assert_eq!(background.take_news(), [(SESSION, stands(14, 7, 6))]);
}

#[test]
fn an_old_snapshot_brings_nobody_back_who_has_left() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    let mut left = advanced(11, 5);
    left.left.push((ANNA, 11));
    background.advanced(&left);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.advanced(&advanced(12, 6));
    assert!(background.take_news().is_empty());
}

#[test]
fn what_was_read_elsewhere_before_the_snapshot_counts() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.read_position_moved(ANNA, &snapshot(10, 5, 5));
    background.watch(SESSION, &[snapshot(10, 5, 2)]);
    background.advanced(&advanced(11, 6));
    assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 5))]);
}

#[test]
fn nothing_is_ever_unread_below_zero() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.read_position_moved(ANNA, &snapshot(12, 7, 7));
    background.advanced(&advanced(11, 6));
    assert_eq!(background.take_news(), [(SESSION, stands(12, 7, 7))]);
}

#[test]
fn a_socket_that_is_gone_leaves_nothing() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.advanced(&advanced(11, 6));
    background.unwatch(SESSION);
    assert!(background.take_news().is_empty());
    assert!(background.by_chat.is_empty() && background.by_user.is_empty());
}

#[test]
fn the_last_that_is_told_of_two_moves_is_the_last_that_was_put() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 3)]);
    background.expect_bound(SessionId(2), ANNA);
    background.advanced(&advanced(11, 6));
    let back = Snapshot {
        read_state: ReadState::new(ReadPosition { revision: 1, n: 1 }, []),
        ..snapshot(11, 6, 0)
    };
    let told = |told: Vec<(SessionId, Counters)>| {
        let mut told: Vec<_> =
            told.iter().map(|(id, c)| (id.0, c.seq, c.read_n, c.unread)).collect();
        told.sort_unstable();
        told
    };
    let first = background.read_position_moved(ANNA, &back);
    assert_eq!(told(first), [(1, 11, 1, 5), (2, 11, 1, 5)]);
    // This was put before, and read before message 6 was there.
    let second = background.read_position_moved(ANNA, &snapshot(10, 5, 5));
    assert_eq!(told(second), [(1, 11, 1, 5)]);
}

#[test]
fn what_was_moved_before_the_snapshot_is_told_behind_it() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    assert!(background.read_position_moved(ANNA, &snapshot(10, 5, 5)).is_empty());
    background.watch(SESSION, &[snapshot(10, 5, 2)]);
    assert_eq!(background.take_news(), [(SESSION, stands(10, 5, 5))]);
}

#[test]
fn who_left_and_came_back_at_once_begins_anew() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    let mut moved = snapshot(10, 5, 0);
    moved.read_state = ReadState::new(ReadPosition { revision: 1, n: 2 }, []);
    background.watch(SESSION, &[moved]);
    let mut back = advanced(12, 5);
    back.joined.push((ANNA, 12, 5));
    background.advanced(&back);
    assert_eq!(background.take_news(), [(SESSION, stands(12, 5, 5))]);
}

#[test]
fn a_socket_that_is_bound_hears_of_positions_and_of_nothing_else() {
    let mut background = Background::default();
    background.expect_bound(SESSION, ANNA);
    let mut joined = advanced(11, 6);
    let seq = joined.seq;
    joined.joined.push((ANNA, seq, 6));
    background.advanced(&joined);
    assert!(background.take_news().is_empty());
    let told = background.read_position_moved(ANNA, &snapshot(11, 6, 6));
    assert_eq!(told, [(SESSION, stands(11, 6, 6))]);
    background.unwatch(SESSION);
    assert!(background.by_user.is_empty() && background.by_chat.is_empty());
}

#[test]
fn joining_and_leaving_may_be_told_in_any_order() {
    let (mut left, mut joined) = (advanced(11, 5), advanced(12, 5));
    left.left.push((ANNA, 11));
    joined.joined.push((ANNA, 12, 5));
    let mut again = advanced(13, 5);
    again.left.push((ANNA, 13));
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.advanced(&joined);
    assert_eq!(background.advanced(&left).gone, [], "she is back since");
    background.advanced(&advanced(14, 6));
    assert_eq!(background.take_news(), [(SESSION, stands(14, 6, 5))]);
    assert_eq!(background.advanced(&again).gone, [SESSION]);
    background.advanced(&joined);
    background.advanced(&advanced(15, 7));
    assert!(background.take_news().is_empty(), "that was before she left");
}
