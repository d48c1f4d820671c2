//! Nothing happens by a device that is signed out, whatever it asks; by one that is signed in, what its user
//! may do.

use vestnik::domain::change::Post;
use vestnik::domain::ledger::{Ledger, Participant, Verdict};
use vestnik::domain::{
    Authority, Change, ChatName, ClientMsgId, ConversationId, Emoji, Kind, MessageId, NewText,
    Refusal, Role, TokenId, UserId,
};

use crate::example_ledger::empty;

const ANNA: UserId = UserId(1);
const BORIS: UserId = UserId(2);
const PHONE: TokenId = TokenId(7);
const LAPTOP: TokenId = TokenId(8);

fn ledger(devices: &[TokenId]) -> Ledger {
    let participant = |role: Role| Participant {
        username: "somebody".into(),
        display_name: None,
        role: Some(role),
    };
    Ledger {
        head_seq: 5,
        head_n: 3,
        member_count: 2,
        owner_count: 1,
        users: [
            (ANNA, participant(Role::Owner)),
            (BORIS, participant(Role::Member)),
        ]
        .into(),
        devices: devices.iter().copied().collect(),
        ..empty(ConversationId(3), Kind::Group)
    }
}

fn post(device: Option<TokenId>, key: Option<&str>) -> Change {
    Change::Post(Post {
        by: device.map_or(Authority::User(ANNA), |device| Authority::Device(ANNA, device)),
        text: NewText::parse("hi").unwrap(),
        client_msg_id: key.map(|key| ClientMsgId::parse(key).unwrap()),
        reply_to: None,
        uploads: Vec::new(),
        sequence: None,
    })
}

/// All that a device can ask.
fn all_by(device: TokenId) -> Vec<Change> {
    let by = Authority::Device(ANNA, device);
    let message = MessageId(9);
    vec![
        post(Some(device), None),
        post(Some(device), Some("k")),
        Change::Edit {
            by,
            message,
            text: NewText::parse("ho").unwrap(),
        },
        Change::Delete { by, message },
        Change::React {
            user: ANNA,
            device: Some(device),
            message,
            emoji: Emoji::parse("👍").unwrap(),
            on: true,
        },
        Change::Pin {
            by,
            message,
            on: true,
        },
        Change::SetRole {
            by,
            user: BORIS,
            role: Role::Admin,
        },
        Change::Rename {
            by,
            name: ChatName::parse("x").unwrap(),
        },
        Change::Leave { by, user: BORIS },
        Change::Join {
            by,
            user: BORIS,
            role: Role::Member,
        },
        Change::DeleteChat { by },
    ]
}

#[test]
fn nothing_happens_by_a_device_that_is_signed_out() {
    let refused = Verdict::Refused(Refusal::SignedOut);
    for signed_in in [&[][..], &[LAPTOP]] {
        let mut ledger = ledger(signed_in);
        let verdicts = ledger.rule(&all_by(PHONE));
        assert!(verdicts.iter().all(|verdict| *verdict == refused), "{verdicts:?}");
        assert_eq!((ledger.head_seq, ledger.head_n), (5, 3), "and nothing takes a number");
    }
    let verdicts = ledger(&[PHONE]).rule(&all_by(PHONE));
    assert!(verdicts.iter().all(|verdict| *verdict != refused), "{verdicts:?}");
}

#[test]
fn a_key_that_was_refused_to_one_device_is_free_for_another() {
    let mut ledger = ledger(&[LAPTOP]);
    let verdicts = ledger.rule(&[post(Some(PHONE), Some("k")), post(Some(LAPTOP), Some("k"))]);
    assert_eq!(verdicts[0], Verdict::Refused(Refusal::SignedOut));
    assert!(matches!(verdicts[1], Verdict::Accepted(_)), "{verdicts:?}");
}

#[test]
fn what_needs_no_device_is_asked_for_none() {
    let mut ledger = ledger(&[]);
    let operator = Change::Rename {
        by: Authority::Operator,
        name: ChatName::parse("x").unwrap(),
    };
    let trusted = Change::Rename {
        by: Authority::User(ANNA),
        name: ChatName::parse("y").unwrap(),
    };
    for change in [post(None, None), operator, trusted] {
        let verdicts = ledger.rule(&[change]);
        assert!(matches!(verdicts[0], Verdict::Accepted(_)), "{verdicts:?}");
    }
}
