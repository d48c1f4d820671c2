mod model;

use super::*;
use crate::actors::background::snapshots::LookedAgain;
use crate::actors::messages::MentionsOf;
use crate::domain::mentions::Mentions;
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

fn of_anna() -> Mentions {
    Mentions {
        all: false,
        users: vec![ANNA],
    }
}

#[test]
fn mentions_are_counted_until_they_are_read_or_taken_back() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    let mut news = advanced(12, 7);
    news.mentions = vec![of_message(6, 11, of_anna()), of_message(7, 12, of_anna())];
    background.advanced(&news);
    let told = |background: &mut Background| {
        background
            .take_news()
            .first()
            .map(|(_, counters)| (counters.unread, counters.mentions))
    };
    assert_eq!(told(&mut background), Some((2, 2)));
    let mut edited = advanced(13, 7);
    edited.mentions = vec![of_message(7, 13, Mentions::default())];
    background.advanced(&edited);
    assert_eq!(told(&mut background), Some((2, 1)));
    background.read_position_moved(ANNA, &snapshot(13, 7, 6));
    background.advanced(&advanced(14, 8));
    assert_eq!(told(&mut background), Some((2, 0)));
}

/// Whom a message mentions since a change.
fn of_message(n: i64, seq: i64, mentions: Mentions) -> MentionsOf {
    MentionsOf { n, seq, mentions }
}

#[test]
fn the_later_change_says_whom_a_message_mentions_in_whatever_order_it_is_told() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    let mut learn = |seq, entries: Vec<MentionsOf>| {
        let mut news = advanced(seq, 7);
        news.mentions = entries;
        background.advanced(&news);
        background.take_news().last().map(|(_, counters)| counters.mentions)
    };
    assert_eq!(learn(12, vec![of_message(6, 12, of_anna())]), Some(1));
    assert_eq!(learn(14, vec![of_message(6, 14, Mentions::default())]), Some(0));
    assert_eq!(learn(13, vec![of_message(6, 13, of_anna())]), Some(0), "it comes late");
    assert_eq!(learn(10, vec![of_message(4, 9, of_anna())]), Some(0), "the snapshot has it");
    assert_eq!(
        learn(16, vec![of_message(7, 15, of_anna()), of_message(6, 16, of_anna())]),
        Some(2)
    );
}

#[test]
fn a_snapshot_says_nothing_of_what_a_later_one_has() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(20, 9, 5)]);
    let mut older = snapshot(15, 8, 4);
    let position = ReadPosition { revision: 1, n: 3 };
    older.read_state = ReadState::new(position, [5, 7]);
    let counters = background.read_position_moved(ANNA, &older);
    let mentions = counters.first().map(|(_, counters)| counters.mentions);
    assert_eq!(mentions, Some(1), "5 was read before; that 7 mentions nobody is known");
}

#[test]
fn a_mention_between_the_snapshot_and_the_watch_counts() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    let mut news = advanced(11, 6);
    news.mentions = vec![of_message(6, 11, of_anna())];
    background.advanced(&news);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    let told = background.take_news();
    assert_eq!(told.first().map(|(_, counters)| counters.mentions), Some(1));
}

#[test]
fn a_position_that_was_put_back_brings_its_mentions() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    let back = Snapshot {
        conversation: CHAT,
        head: (10, 5),
        read_state: ReadState::new(ReadPosition { revision: 1, n: 2 }, [4]),
    };
    background.read_position_moved(ANNA, &back);
    background.read_position_moved(ANNA, &snapshot(10, 5, 5));
    background.advanced(&advanced(11, 6));
    let told = background.take_news();
    let told = told.first().map(|(_, counters)| (counters.read_n, counters.mentions));
    assert_eq!(told, Some((2, 1)));
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
fn a_position_that_was_put_back_brings_no_mention_that_is_gone_since() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    let mut edited = advanced(11, 5);
    edited.mentions = vec![of_message(4, 11, Mentions::default())];
    background.advanced(&edited);
    let back = Snapshot {
        read_state: ReadState::new(ReadPosition { revision: 1, n: 2 }, [3, 4]),
        ..snapshot(10, 5, 0)
    };
    let told = background.read_position_moved(ANNA, &back);
    assert_eq!(told.first().map(|(_, counters)| counters.mentions), Some(1));
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

fn nothing() -> LookedAgain {
    LookedAgain::default()
}

#[test]
fn what_was_to_be_told_when_a_look_is_taken_anew_is_told() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.advanced(&advanced(11, 6));
    background.expect_again(ANNA);
    assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 5))]);
    assert_eq!(background.watch_again(ANNA, &[snapshot(11, 6, 5)], true), nothing());
    assert!(background.take_news().is_empty());
}

#[test]
fn a_socket_that_goes_while_a_look_is_taken_anew_leaves_nothing() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.advanced(&advanced(11, 6));
    background.expect_again(ANNA);
    background.unwatch(SESSION);
    assert!(background.by_chat.is_empty() && background.dirty.is_empty());
}

#[test]
fn a_look_that_is_taken_anew_finds_what_was_missed() {
    const OTHER: ConversationId = ConversationId(8);
    let other = |seq, n| Snapshot {
        conversation: OTHER,
        ..snapshot(seq, n, 0)
    };
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.expect_again(ANNA);
    assert_eq!(background.watch_again(ANNA, &[snapshot(10, 5, 5)], true), nothing());
    assert!(background.take_news().is_empty(), "nothing was missed");
    // Messages, a mark, and another chat.
    background.expect_again(ANNA);
    assert_eq!(
        background.watch_again(ANNA, &[snapshot(13, 8, 6), other(3, 1)], true),
        nothing()
    );
    let mut told = background.take_news();
    told.sort_by_key(|(_, counters)| counters.chat_id);
    let elsewhere = Counters {
        chat_id: OTHER.0,
        ..stands(3, 1, 0)
    };
    assert_eq!(told, [(SESSION, stands(13, 8, 6)), (SESSION, elsewhere)]);
    // A chat that is hers no more, and what is told while it is being looked.
    background.expect_again(ANNA);
    background.advanced(&advanced(14, 9));
    assert_eq!(
        background.watch_again(ANNA, &[snapshot(13, 8, 6)], true).gone,
        [(SESSION, OTHER)]
    );
    assert_eq!(background.take_news(), [(SESSION, stands(14, 9, 6))]);
    // The store did not answer: they go on with what they know.
    background.expect_again(ANNA);
    assert_eq!(background.watch_again(ANNA, &[], false), nothing());
    assert!(background.take_news().is_empty());
    background.advanced(&advanced(15, 10));
    assert_eq!(background.take_news(), [(SESSION, stands(15, 10, 6))]);
    background.unwatch(SESSION);
    assert!(background.by_user.is_empty() && background.by_chat.is_empty());
}

#[test]
fn whoever_joins_while_a_look_is_taken_anew_stays() {
    let mut background = Background::default();
    background.expect(SESSION, ANNA);
    background.watch(SESSION, &[snapshot(10, 5, 5)]);
    background.expect_again(ANNA);
    let mut joined = advanced(12, 5);
    joined.joined.push((ANNA, 12, 5));
    background.advanced(&joined);
    assert_eq!(background.watch_again(ANNA, &[], true), nothing(), "the look was older");
    background.advanced(&advanced(13, 6));
    assert_eq!(background.take_news(), [(SESSION, stands(13, 6, 5))]);
}
