//! How many messages that mention somebody they have not read.

use super::*;
use crate::actors::messages::MentionsOf;
use crate::domain::mentions::Mentions;

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
