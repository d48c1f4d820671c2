//! Snapshots that are taken anew, since something may have been missed.

use super::*;
use crate::actors::background::snapshots::LookedAgain;

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
