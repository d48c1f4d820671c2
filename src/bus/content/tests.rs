use chrono::Utc;
use proptest::prelude::*;

use super::*;
use crate::domain::Role;
use crate::domain::files::UploadId;

fn at(micros: i64) -> DateTime<Utc> {
    instant(micros).unwrap()
}

/// Some messages carry files.
fn attachments(n: i64) -> Arc<[Attachment]> {
    let file = |id: i64| Attachment {
        id,
        upload: UploadId::parse(&format!("u{}", id.unsigned_abs())).unwrap(),
        name: "отчёт.pdf".into(),
        size: id,
        kind: "application/pdf".into(),
        width: (id > 1).then_some(id),
        height: None,
        thumbhash: (id > 1).then(|| "AAAA".into()),
    };
    (0..n.rem_euclid(3)).map(file).collect()
}

fn message() -> impl Strategy<Value = Message> {
    let text = proptest::option::of(
        "\\PC{1,40}".prop_filter("no text", |text| MessageText::parse(text).is_ok()),
    );
    let whose = (any::<i64>(), any::<i64>(), proptest::option::of(any::<i64>()), "\\PC{0,10}");
    let about = (
        any::<bool>(),
        proptest::collection::vec(any::<i64>(), 0..4),
        proptest::option::of("[!-~]{1,64}"),
    );
    let times = (0..4_000_000_000_000_000_i64, proptest::option::of(0..4_000_000_000_000_000_i64));
    let annotations =
        proptest::option::of((any::<bool>(), proptest::collection::vec(any::<i64>(), 0..3)));
    (text, whose, about, times, annotations).prop_map(
        |(text, (id, n, sender, username), (all, users, key), (created, edited), annotations)| {
            Message {
                id: MessageId(id),
                n,
                sender: sender.map(UserId),
                username: username.as_str().into(),
                text: text.map(|text| MessageText::parse(&text).unwrap()),
                mentions: Mentions {
                    all,
                    users: users.into_iter().map(UserId).collect(),
                },
                reply_to: sender.map(MessageId),
                attachments: attachments(n),
                client_msg_id: key.map(|key| ClientMsgId::parse(&key).unwrap()),
                sequence: edited,
                created_at: at(created),
                edited_at: edited.map(at),
                deleted_at: edited.map(at),
                read_rev: n,
                annotations: annotations.map(|(pinned, users)| Annotations {
                    reactions: vec![(
                        Emoji::parse("👍").unwrap(),
                        users.into_iter().map(UserId).collect(),
                    )],
                    pinned,
                }),
            }
        },
    )
}

fn fact() -> impl Strategy<Value = Fact> {
    let reacted = |(message, user): (i64, i64)| {
        Fact::Reacted(Reaction {
            message: MessageId(message),
            n: user,
            user: UserId(user),
            username: "anna".into(),
            emoji: Emoji::parse("👍").unwrap(),
            on: message > 0,
        })
    };
    let pinned = |(message, user): (i64, Option<i64>)| {
        Fact::Pinned(Pin {
            message: MessageId(message),
            n: message,
            user: user.map(UserId),
            username: "anna".into(),
            on: message > 0,
        })
    };
    prop_oneof![
        message().prop_map(Fact::Posted),
        message().prop_map(Fact::Edited),
        message().prop_map(Fact::Deleted),
        any::<(i64, i64)>().prop_map(reacted),
        any::<(i64, Option<i64>)>().prop_map(pinned),
        "\\PC{0,20}".prop_map(|name| Fact::Renamed {
            name: ChatName::given(&name)
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_told_is_what_happened(seq in any::<i64>(), micros in 0..4_000_000_000_000_000_i64, fact in fact()) {
        let event = Event { seq, at: at(micros), fact };
        let text = serde_json::to_string(&carried([&event])).unwrap();
        let heard: Vec<CarriedEvent> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(heard[0].event(), Some(event));
    }
}

#[test]
fn nothing_is_told_of_a_run_in_which_somebody_comes_or_goes() {
    let event = |seq, fact| Event {
        seq,
        at: at(0),
        fact,
    };
    let (user, username) = (UserId(1), Arc::from("anna"));
    let name = ChatName::given("a name");
    let renamed = event(1, Fact::Renamed { name });
    for fact in [
        Fact::Left {
            user,
            username: Arc::clone(&username),
        },
        Fact::Joined {
            user,
            username: Arc::clone(&username),
            display_name: None,
            role: Role::Member,
        },
        Fact::RoleChanged {
            user,
            username,
            display_name: None,
            role: Role::Admin,
        },
        Fact::ChatDeleted,
    ] {
        assert_eq!(carried([&renamed, &event(2, fact)]), []);
    }
    assert_eq!(carried([&renamed]).len(), 1);
}
