//! `vestnik demo`: a small company that has been talking for some days, for a first look at the page
//! and for pictures of it. Everything is stored as a server would store it.

mod committer;
mod company;

use std::process::ExitCode;

use chrono::{DateTime, Duration, Utc};

use crate::actors::registry::passwords::Passwords;
use crate::cli::demo::committer::{Committer, DemoResult};
use crate::cli::demo::company::{CHATS, DemoChat, DemoMessage, FollowUp, PEOPLE};
use crate::cli::{CommandResult, answer, say};
use crate::config::Config;
use crate::domain::change::Post;
use crate::domain::{
    Authority, Change, ChatName, ConversationId, DisplayName, Email, Emoji, Kind, MessageId,
    NewAccount, NewText, Password, PrivatePair, ReadCommand, Right, UserId, Username,
};
use crate::store::accounts::{self, Update};
use crate::store::conversations::{self, Founding};
use crate::store::copy::{self, UNFINISHED};
use crate::store::{Store, connect, migrate};

/// Between the last words of one conversation and those of the next.
const QUIET_MINUTES: usize = 47;
/// Of everybody in it.
const PASSWORD: &str = "vestnik demo";

pub(super) async fn demo(config: Config) -> CommandResult {
    let config = config.checked()?;
    let store = connect::open(&config.database).await?;
    migrate::up(&store, None).await?;
    if copy::is_unfinished(&store).await? {
        return Err(UNFINISHED.into());
    }
    if !accounts::page_of_all(&store, UserId(0), 1).await?.is_empty() {
        return Err("there are accounts in this database; the demo wants an empty one".into());
    }
    let people = hire(&store).await?;
    for (chat, quiet_for) in CHATS.iter().zip((0..).step_by(QUIET_MINUTES)) {
        furnish(&store, chat, &people, Duration::minutes(quiet_for)).await?;
    }
    store.close().await?;
    say(&format!("{} people have been talking; sign in as:", PEOPLE.len()));
    answer(&format!("{} / {PASSWORD}", PEOPLE[0].0));
    Ok(ExitCode::SUCCESS)
}

async fn hire(store: &Store) -> DemoResult<Vec<UserId>> {
    let password_hash = Passwords::default().hash(Password::parse(PASSWORD)?).await?;
    let committer = Committer::new(store, ConversationId::GENERAL);
    let mut people = Vec::new();
    for (username, shown) in PEOPLE {
        let account = NewAccount {
            username: Username::parse(username)?,
            email: Email::parse(&format!("{username}@example.com"))?,
            password_hash: password_hash.clone(),
            invite: None,
            is_admin: people.is_empty(),
            wakes_names: true,
        };
        let user = committer.register(account, days_ago(7)).await?;
        let update = Update {
            display_name: Some(Some(DisplayName::parse(shown)?)),
            ..Update::default()
        };
        accounts::update(store, Right::Operator, user, update).await??;
        people.push(user);
    }
    Ok(people)
}

fn days_ago(days: i64) -> DateTime<Utc> {
    Utc::now() - Duration::days(days)
}

/// Makes a conversation, with what was said in it up to a little while ago.
async fn furnish(
    store: &Store,
    chat: &DemoChat,
    people: &[UserId],
    quiet_for: Duration,
) -> DemoResult<()> {
    let conversation = found(store, chat, people).await?;
    let committer = Committer::new(store, conversation);
    // General has everybody, and a private one both, from the beginning.
    if chat.kind == Kind::Group {
        let by = people[chat.members[0]];
        for member in &chat.members[1..] {
            committer.join(by, people[*member], days_ago(6)).await?;
        }
    }
    let length: i64 = chat.talk.iter().map(|DemoMessage(minutes, ..)| minutes).sum();
    let mut now = Utc::now() - Duration::minutes(length + 4) - quiet_for;
    let mut ids = Vec::new();
    for DemoMessage(minutes, who, text, follow_up) in chat.talk {
        now += Duration::minutes(*minutes);
        let reply_to = match follow_up {
            FollowUp::Answers(before) => {
                ids.len().checked_sub(*before).and_then(|n| ids.get(n)).copied()
            }
            _ => None,
        };
        let post = Post {
            by: Authority::User(people[*who]),
            text: NewText::parse(text)?,
            client_msg_id: None,
            reply_to,
            uploads: Vec::new(),
            sequence: None,
        };
        let id = committer.post(post, now).await?;
        ids.push(id);
        for change in follow_ups(*follow_up, id, *who, people)? {
            committer.commit(change, now + Duration::seconds(40)).await?;
        }
    }
    let commands = people.iter().map(|user| {
        let read = chat.talk.len() - if *user == people[0] { chat.unread } else { 0 };
        ((conversation, *user), ReadCommand::Read(read as i64).into())
    });
    conversations::apply_read_commands(store, &commands.collect::<Vec<_>>(), &[], now).await?;
    Ok(())
}

async fn found(store: &Store, chat: &DemoChat, people: &[UserId]) -> DemoResult<ConversationId> {
    let chat = match chat.kind {
        Kind::General => return Ok(ConversationId::GENERAL),
        Kind::Group => {
            let founding = Founding {
                right: Right::Operator,
                by: Some(people[chat.members[0]]),
                kind: Kind::Group,
                name: ChatName::parse(chat.name)?,
            };
            conversations::create(store, &founding, 0, days_ago(6)).await??
        }
        Kind::Private => {
            let (one, other) = (people[chat.members[0]], people[chat.members[1]]);
            let pair = PrivatePair::new(one, other).ok_or("a private chat is of two")?;
            let when = days_ago(6);
            conversations::create_between(store, Right::Operator, pair, one, 0, when)
                .await??
                .0
        }
    };
    Ok(chat.id)
}

fn follow_ups(
    follow_up: FollowUp,
    message: MessageId,
    who: usize,
    people: &[UserId],
) -> DemoResult<Vec<Change>> {
    let by = Authority::User(people[who]);
    Ok(match follow_up {
        FollowUp::Nothing | FollowUp::Answers(_) => Vec::new(),
        FollowUp::Pinned => vec![Change::Pin {
            by: Authority::Operator,
            message,
            on: true,
        }],
        FollowUp::Edited(text) => vec![Change::Edit {
            by,
            message,
            text: NewText::parse(text)?,
        }],
        FollowUp::Deleted => vec![Change::Delete { by, message }],
        FollowUp::Liked(emoji, by) => {
            let emoji = Emoji::parse(emoji)?;
            let react = |who: &usize| Change::React {
                user: people[*who],
                device: None,
                message,
                emoji: emoji.clone(),
                on: true,
            };
            by.iter().map(react).collect()
        }
    })
}
