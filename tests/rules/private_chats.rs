//! A private conversation has no master, is for two, and is the only one of these two.

use std::sync::Arc;

use vestnik::domain::change::Post;
use vestnik::domain::ledger::{Ledger, Participant, Verdict};
use vestnik::domain::{
    Authority, Change, ChatName, ConversationId, Kind, NewText, PrivatePair, Refusal, Role, UserId,
};

use crate::example_ledger::empty;

const ANNA: UserId = UserId(1);
const BORIS: UserId = UserId(2);
const VERA: UserId = UserId(3);
const HERE: ConversationId = ConversationId(7);
const ELSEWHERE: ConversationId = ConversationId(5);

/// A private conversation of these people, after three messages.
fn private(members: &[UserId]) -> Ledger {
    let participant = |user: UserId| Participant {
        username: Arc::from(format!("user{user}")),
        display_name: None,
        role: members.contains(&user).then_some(Role::Member),
    };
    Ledger {
        head_seq: 5,
        head_n: 3,
        member_count: members.len(),
        parties: members.iter().copied().collect(),
        users: [ANNA, BORIS, VERA].map(|user| (user, participant(user))).into(),
        ..empty(HERE, Kind::Private)
    }
}

fn by(user: UserId) -> Authority {
    Authority::User(user)
}

fn join(who: Authority, user: UserId, role: Role) -> Change {
    Change::Join {
        by: who,
        user,
        role,
    }
}

fn post(sender: UserId) -> Change {
    Change::Post(Post {
        by: Authority::User(sender),
        text: NewText::parse("hi").unwrap(),
        client_msg_id: None,
        reply_to: None,
        uploads: Vec::new(),
        sequence: None,
    })
}

/// What would make one of two who are equal the master of the other.
fn mastery(of: Authority, other: UserId) -> Vec<Change> {
    let name = ChatName::parse("mine").unwrap();
    let mut changes = vec![
        Change::Rename { by: of, name },
        Change::Leave {
            by: of,
            user: other,
        },
        Change::DeleteChat { by: of },
    ];
    changes.extend(Role::ALL.map(|role| Change::SetRole {
        by: of,
        user: other,
        role,
    }));
    changes
}

#[test]
fn neither_is_the_others_master() {
    for (one, other) in [(ANNA, BORIS), (BORIS, ANNA), (ANNA, ANNA)] {
        for change in mastery(by(one), other) {
            let verdict = private(&[ANNA, BORIS]).rule(std::slice::from_ref(&change));
            assert_eq!(verdict, [Verdict::Refused(Refusal::Forbidden)], "{change:?}");
        }
    }
    // Nor where one of them is something else than a member, as in the rows of an older server.
    for role in Role::ALL {
        for change in mastery(by(ANNA), BORIS) {
            let mut ledger = private(&[ANNA, BORIS]);
            ledger.users.get_mut(&ANNA).unwrap().role = Some(role);
            let verdict = ledger.rule(std::slice::from_ref(&change));
            assert_eq!(verdict, [Verdict::Refused(Refusal::Forbidden)], "{role:?}: {change:?}");
        }
    }
    for change in mastery(by(VERA), BORIS) {
        let verdict = private(&[ANNA, BORIS]).rule(std::slice::from_ref(&change));
        assert_eq!(verdict, [Verdict::Refused(Refusal::NotMember)], "{change:?}");
    }
}

#[test]
fn whoever_joins_is_equal_and_there_are_two() {
    for role in Role::ALL {
        let mut ledger = private(&[ANNA]);
        let verdict = ledger.rule(&[join(by(ANNA), BORIS, role), join(by(BORIS), VERA, role)]);
        let Verdict::Accepted(place) = &verdict[0] else {
            panic!("{verdict:?}");
        };
        assert_eq!(place.role, Some(Role::Member));
        assert_eq!(verdict[1], Verdict::Refused(Refusal::PrivateChatFull));
        assert_eq!(ledger.pair(), PrivatePair::new(BORIS, ANNA));
    }
    let stranger = private(&[ANNA]).rule(&[join(by(VERA), VERA, Role::Member)]);
    assert_eq!(stranger, [Verdict::Refused(Refusal::NotMember)]);
}

#[test]
fn two_who_have_a_private_chat_are_shown_to_it() {
    let mut ledger = private(&[ANNA]);
    ledger
        .private_chats
        .extend(PrivatePair::new(ANNA, BORIS).map(|pair| (pair, ELSEWHERE)));
    let asked = [
        join(by(ANNA), BORIS, Role::Member),
        join(Authority::Operator, BORIS, Role::Member),
        join(by(ANNA), VERA, Role::Member),
    ];
    let verdict = ledger.rule(&asked);
    let exists = Verdict::Refused(Refusal::PrivateChatExists(ELSEWHERE));
    assert_eq!(verdict[..2], [exists.clone(), exists]);
    assert!(
        matches!(verdict[2], Verdict::Accepted(_)),
        "Vera has none with her: {verdict:?}"
    );

    // The one that is theirs takes back who was taken out of it.
    let mut ledger = private(&[ANNA]);
    ledger.parties.insert(BORIS);
    ledger
        .private_chats
        .extend(PrivatePair::new(ANNA, BORIS).map(|pair| (pair, HERE)));
    let verdict = ledger.rule(&[join(by(ANNA), BORIS, Role::Member)]);
    assert!(matches!(verdict[0], Verdict::Accepted(_)), "{verdict:?}");
}

#[test]
fn what_all_have_hidden_is_abandoned_unless_something_was_said_since() {
    for (hidden_n, before, is_gone) in [
        (3, vec![], true),
        (i64::MAX, vec![], true),
        (2, vec![], false),
        (-1, vec![], false),
        (3, vec![post(ANNA)], false),
    ] {
        let mut ledger = private(&[ANNA, BORIS]);
        ledger.hidden_n = hidden_n;
        let asked: Vec<_> = before.iter().cloned().chain([Change::Abandon]).collect();
        let verdict = ledger.rule(&asked).pop();
        assert_eq!(matches!(verdict, Some(Verdict::Accepted(_))), is_gone, "{hidden_n} {before:?}");
        assert_eq!(ledger.is_deleted, is_gone);
    }
    let mut group = private(&[ANNA, BORIS]);
    (group.kind, group.hidden_n) = (Kind::Group, i64::MAX);
    assert_eq!(group.rule(&[Change::Abandon]), [Verdict::Unchanged]);
}
