//! A conversation as one would write it without a thought for speed: a list of what happened, and
//! every question answered by reading the whole list. It stands in for the database, and its rules
//! are written down a second time, independently of the ledger's.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use vestnik::domain::change::Post;
use vestnik::domain::conversation::Loaded;
use vestnik::domain::event::{Message, Pin, Reaction, Settled};
use vestnik::domain::ledger::{Ledger, Participant, Slot, TargetMessage, Verdict};
use vestnik::domain::mentions::Mentions;
use vestnik::domain::{
    Authority, Change, ConversationId, Emoji, Event, Fact, Kind, MessageId, Refusal, Role, UserId,
};

pub(crate) const HERE: ConversationId = ConversationId(7);

/// The database, as a list.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) kind: Kind,
    pub(crate) users: i64,
    pub(crate) log: Vec<Arc<Event>>,
}

impl Model {
    /// A conversation whose owner is user 1; a private one has no owner.
    pub(crate) fn new(kind: Kind, users: i64) -> Self {
        let founder = Fact::Joined {
            user: UserId(1),
            username: name(UserId(1)),
            display_name: None,
            role: match kind {
                Kind::Private => Role::Member,
                _ => Role::Owner,
            },
        };
        let mut model = Self {
            kind,
            users,
            log: Vec::new(),
        };
        model.append(founder);
        model
    }

    /// The members after the change `seq`, by reading the list up to there.
    pub(crate) fn members_at(&self, seq: i64) -> HashMap<UserId, Role> {
        let mut members = HashMap::new();
        for event in self.log.iter().filter(|event| event.seq <= seq) {
            match &event.fact {
                Fact::Joined { user, role, .. } | Fact::RoleChanged { user, role, .. } => {
                    members.insert(*user, *role);
                }
                Fact::Left { user, .. } => {
                    members.remove(user);
                }
                Fact::ChatDeleted => members.clear(),
                _ => {}
            }
        }
        members
    }

    pub(crate) fn members(&self) -> HashMap<UserId, Role> {
        self.members_at(i64::MAX)
    }

    /// Everybody who ever was a member.
    fn parties(&self) -> HashSet<UserId> {
        let joined = self.log.iter().filter_map(|event| match &event.fact {
            Fact::Joined { user, .. } => Some(*user),
            _ => None,
        });
        joined.collect()
    }

    fn is_for_others(&self, user: UserId) -> bool {
        let parties = self.parties();
        self.kind == Kind::Private && parties.len() >= 2 && !parties.contains(&user)
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = (&Arc<Event>, &Message)> {
        self.log.iter().filter_map(|event| Some((event, event.message()?)))
    }

    /// A message as it is now, by reading the list up to its end.
    fn message(&self, id: MessageId) -> Option<&Message> {
        self.log.iter().rev().find_map(|event| match &event.fact {
            Fact::Posted(message) | Fact::Edited(message) | Fact::Deleted(message) => {
                (message.id == id).then_some(message)
            }
            _ => None,
        })
    }

    pub(crate) fn is_stored(&self, id: MessageId) -> bool {
        self.message(id).is_some()
    }

    fn is_living(&self, id: MessageId) -> bool {
        self.message(id).is_some_and(|message| message.text.is_some())
    }

    fn reactions(&self, id: MessageId) -> HashSet<(UserId, Emoji)> {
        let mut reactions = HashSet::new();
        for event in &self.log {
            if let Fact::Reacted(reaction) = &event.fact
                && reaction.message == id
            {
                let key = (reaction.user, reaction.emoji.clone());
                match reaction.on {
                    true => reactions.insert(key),
                    false => reactions.remove(&key),
                };
            }
        }
        reactions
    }

    fn is_pinned(&self, id: MessageId) -> bool {
        let last = self.log.iter().rev().find_map(|event| match &event.fact {
            Fact::Pinned(pin) => (pin.message == id).then_some(pin.on),
            _ => None,
        });
        last == Some(true) && self.is_living(id)
    }

    pub(crate) fn holds(&self, event: &Event) -> bool {
        self.log.iter().any(|stored| **stored == *event)
    }

    fn is_deleted(&self) -> bool {
        self.log.iter().any(|event| event.fact == Fact::ChatDeleted)
    }

    fn append(&mut self, fact: Fact) -> Arc<Event> {
        let event = Arc::new(Event {
            seq: self.log.len() as i64 + 1,
            at: chrono::DateTime::UNIX_EPOCH,
            fact,
        });
        self.log.push(event.clone());
        event
    }

    /// What the store would hand to an actor that starts.
    pub(crate) fn loaded(&self) -> Loaded {
        Loaded {
            id: HERE,
            kind: self.kind,
            head_seq: self.log.len() as i64,
            head_n: self.messages().count() as i64,
            roles: self.members(),
        }
    }

    /// One transaction by the ledger, as the store would run it.
    pub(crate) fn commit(&mut self, batch: &[Change]) -> Vec<Settled> {
        let mut ledger = self.ledger();
        let verdicts = ledger.rule(batch);
        let mut settled: Vec<Settled> = Vec::new();
        for (change, verdict) in batch.iter().zip(verdicts) {
            let answer = match verdict {
                Verdict::Refused(refusal) => Settled::Refused(refusal),
                Verdict::Repeat(event) => Settled::Repeated(event),
                Verdict::RepeatOf(first) => match &settled[first] {
                    Settled::Stored(event) | Settled::Repeated(event) => {
                        Settled::Repeated(event.clone())
                    }
                    settled => settled.clone(),
                },
                Verdict::Unchanged => Settled::Unchanged(self.log.len() as i64),
                Verdict::Accepted(place) => {
                    let event = self.append(self.fact(change, place));
                    assert_eq!(event.seq, place.seq, "the ledger's seq is the next one");
                    Settled::Stored(event)
                }
            };
            settled.push(answer);
        }
        settled
    }

    fn fact(&self, change: &Change, place: Slot) -> Fact {
        match change {
            Change::Post(post) => Fact::Posted(Message {
                id: MessageId(1_000 + place.seq),
                n: place.n,
                sender: post.sender(),
                username: post.sender().map_or_else(|| "nobody".into(), name),
                text: Some(post.text.text().clone()),
                mentions: Mentions::default(),
                reply_to: post.reply_to,
                attachments: [].into(),
                client_msg_id: post.client_msg_id.clone(),
                sequence: None,
                created_at: chrono::DateTime::UNIX_EPOCH,
                edited_at: None,
                deleted_at: None,
                read_rev: 0,
                annotations: None,
            }),
            Change::Edit { message, text, .. } => Fact::Edited(Message {
                text: Some(text.text().clone()),
                ..self.message(*message).unwrap().clone()
            }),
            Change::Delete { message, .. } => Fact::Deleted(Message {
                text: None,
                ..self.message(*message).unwrap().clone()
            }),
            Change::React {
                user,
                message,
                emoji,
                on,
                ..
            } => Fact::Reacted(Reaction {
                message: *message,
                n: self.message(*message).unwrap().n,
                user: *user,
                username: name(*user),
                emoji: emoji.clone(),
                on: *on,
            }),
            Change::Pin { by, message, on } => Fact::Pinned(Pin {
                message: *message,
                n: self.message(*message).unwrap().n,
                user: by.user(),
                username: "whoever".into(),
                on: *on,
            }),
            Change::Join { user, role, .. } => Fact::Joined {
                user: *user,
                username: name(*user),
                display_name: None,
                role: match self.kind {
                    Kind::Private => Role::Member,
                    _ => *role,
                },
            },
            Change::SetRole { user, role, .. } => Fact::RoleChanged {
                user: *user,
                username: name(*user),
                display_name: None,
                role: *role,
            },
            Change::Leave { user, .. } => Fact::Left {
                user: *user,
                username: name(*user),
            },
            Change::Rename { name, .. } => Fact::Renamed { name: name.clone() },
            Change::DeleteChat { .. } => Fact::ChatDeleted,
            Change::Abandon | Change::Register(_) => unreachable!("nobody asks that here"),
        }
    }

    fn ledger(&self) -> Ledger {
        let members = self.members();
        let users = (1..=self.users).map(UserId).map(|user| {
            let participant = Participant {
                username: name(user),
                display_name: None,
                role: members.get(&user).copied(),
            };
            (user, participant)
        });
        let known = self.messages().filter_map(|(event, message)| {
            let key = (message.sender?, message.client_msg_id.clone()?);
            Some((key, event.clone()))
        });
        let targets: HashMap<_, _> = self
            .messages()
            .filter_map(|(_, posted)| self.message(posted.id))
            .map(|message| {
                let target = TargetMessage {
                    message: message.clone(),
                    pinned: self.is_pinned(message.id),
                    reactions: self.reactions(message.id).into_iter().collect(),
                    versions: 0,
                };
                (message.id, target)
            })
            .collect();
        Ledger {
            pin_count: targets.values().filter(|target| target.pinned).count(),
            devices: [].into(),
            targets,
            names: HashMap::new(),
            conversation: HERE,
            kind: self.kind,
            is_deleted: self.is_deleted(),
            head_seq: self.log.len() as i64,
            head_n: self.messages().count() as i64,
            member_count: members.len(),
            parties: self.parties(),
            private_chats: HashMap::new(),
            hidden_n: -1,
            owner_count: members.values().filter(|role| **role == Role::Owner).count(),
            users: users.collect(),
            known: known.collect(),
            taken: HashSet::new(),
            alike: Vec::new(),
            resting: HashSet::new(),
            no_accounts: false,
            invites: HashMap::new(),
            uploads: HashMap::new(),
            accepted: HashMap::new(),
        }
    }

    /// What should become of one change, by the words of the design: `None` if it happens.
    pub(crate) fn expect(&self, change: &Change) -> Expected {
        if let Change::Post(post) = change
            && let Some(expected) = self.expect_repeat(post)
        {
            return expected;
        }
        if self.is_deleted() {
            return Expected::Refused(Refusal::ChatNotFound);
        }
        match self.why_not(change) {
            Some(refusal) => Expected::Refused(refusal),
            None if self.is_so(change) => Expected::Unchanged,
            None => Expected::Happens,
        }
    }

    fn is_so(&self, change: &Change) -> bool {
        match change {
            Change::Edit { message, text, .. } => {
                self.message(*message).unwrap().text.as_ref() == Some(text)
            }
            Change::Delete { message, .. } => !self.is_living(*message),
            Change::React {
                user,
                message,
                emoji,
                on,
                ..
            } => self.reactions(*message).contains(&(*user, emoji.clone())) == *on,
            Change::Pin { message, on, .. } => self.is_pinned(*message) == *on,
            _ => false,
        }
    }

    fn expect_repeat(&self, post: &Post) -> Option<Expected> {
        let key = post.client_msg_id.as_ref()?;
        let sender = post.sender()?;
        let (event, message) = self.messages().find(|(_, message)| {
            message.sender == Some(sender) && message.client_msg_id.as_ref() == Some(key)
        })?;
        // Whatever became of it since: the first text counts.
        Some(match message.text.as_ref() == Some(&post.text) {
            true => Expected::Repeats(event.clone()),
            false => Expected::Refused(Refusal::KeyReused),
        })
    }

    fn why_not(&self, change: &Change) -> Option<Refusal> {
        let members = self.members();
        let role = |by: &Authority| match by {
            Authority::Operator => Ok(Role::Owner),
            Authority::User(user) | Authority::Device(user, _) => {
                members.get(user).copied().ok_or(Refusal::NotMember)
            }
        };
        // In a private conversation nobody rules but the operator.
        let has_no_master =
            |by: &Authority| self.kind == Kind::Private && *by != Authority::Operator;
        let is_last_owner = |user: &UserId| {
            members.get(user) == Some(&Role::Owner)
                && members.values().filter(|role| **role == Role::Owner).count() == 1
        };
        match change {
            Change::Post(post) => {
                let there = post.reply_to.is_none_or(|id| self.message(id).is_some());
                match post.sender().map(|user| members.get(&user)) {
                    Some(Some(Role::Guest)) => Some(Refusal::ReadOnly),
                    Some(None) => Some(Refusal::NotMember),
                    _ => (!there).then_some(Refusal::MessageNotFound),
                }
            }
            Change::Edit { by, message, .. } => match role(by) {
                Err(refusal) => Some(refusal),
                Ok(Role::Guest) => Some(Refusal::ReadOnly),
                Ok(_) if !self.is_living(*message) => Some(Refusal::MessageNotFound),
                Ok(_) if *by == Authority::Operator => None,
                Ok(_) => {
                    let is_own = self.message(*message).unwrap().sender == by.user();
                    (!is_own).then_some(Refusal::Forbidden)
                }
            },
            Change::Delete { by, message } => match (role(by), self.message(*message)) {
                (Err(refusal), _) => Some(refusal),
                (Ok(_), None) => Some(Refusal::MessageNotFound),
                (Ok(_), Some(_)) if *by == Authority::Operator => None,
                (Ok(_), Some(message)) if message.sender == by.user() => None,
                (Ok(mine), Some(_)) => {
                    let may = self.kind == Kind::Group && mine >= Role::Admin;
                    (!may).then_some(Refusal::Forbidden)
                }
            },
            Change::React { user, message, .. } => match members.get(user) {
                None => Some(Refusal::NotMember),
                Some(Role::Guest) => Some(Refusal::ReadOnly),
                Some(_) => (!self.is_living(*message)).then_some(Refusal::MessageNotFound),
            },
            Change::Pin { by, message, .. } => match role(by) {
                Err(refusal) => Some(refusal),
                Ok(mine) => {
                    let enough = match self.kind {
                        Kind::Private => Role::Member,
                        _ => Role::Admin,
                    };
                    if mine < enough {
                        return Some(Refusal::Forbidden);
                    }
                    (!self.is_living(*message)).then_some(Refusal::MessageNotFound)
                }
            },
            Change::Join {
                by,
                user,
                role: granted,
            } => match role(by) {
                Err(refusal) => Some(refusal),
                Ok(mine)
                    if self.kind != Kind::Private && (mine < Role::Admin || *granted > mine) =>
                {
                    Some(Refusal::Forbidden)
                }
                Ok(_) if user.0 > self.users => Some(Refusal::UserNotFound),
                Ok(_) if members.contains_key(user) => Some(Refusal::AlreadyMember),
                Ok(_) if self.is_for_others(*user) => Some(Refusal::PrivateChatFull),
                Ok(_) => None,
            },
            Change::Leave { by, user } if *by == Authority::User(*user) => {
                if !members.contains_key(user) {
                    return Some(Refusal::NotMember);
                }
                if self.kind == Kind::Private {
                    return Some(Refusal::Forbidden);
                }
                (is_last_owner(user) && members.len() > 1).then_some(Refusal::LastOwner)
            }
            Change::Leave { by, user } => match (role(by), members.get(user)) {
                (Err(refusal), _) => Some(refusal),
                (Ok(mine), _) if mine < Role::Admin => Some(Refusal::Forbidden),
                (Ok(_), _) if has_no_master(by) => Some(Refusal::Forbidden),
                (Ok(_), None) => Some(Refusal::MemberNotFound),
                (Ok(Role::Owner), Some(_)) => None,
                (Ok(mine), Some(theirs)) => (*theirs >= mine).then_some(Refusal::Forbidden),
            },
            Change::SetRole {
                by,
                user,
                role: granted,
            } => match (role(by), members.get(user)) {
                (Err(refusal), _) => Some(refusal),
                (Ok(mine), _) if mine < Role::Admin || *granted > mine => Some(Refusal::Forbidden),
                (Ok(_), _) if self.kind == Kind::Private => Some(Refusal::Forbidden),
                (Ok(_), None) => Some(Refusal::MemberNotFound),
                (Ok(mine), Some(theirs)) if mine != Role::Owner && *theirs >= mine => {
                    Some(Refusal::Forbidden)
                }
                (Ok(_), Some(_)) => {
                    let stays = *by == Authority::Operator || *granted == Role::Owner;
                    (is_last_owner(user) && !stays).then_some(Refusal::LastOwner)
                }
            },
            Change::Rename { by, .. } => match role(by) {
                Err(refusal) => Some(refusal),
                Ok(mine) => (mine < Role::Admin || has_no_master(by)).then_some(Refusal::Forbidden),
            },
            Change::DeleteChat { by } => match role(by) {
                Err(refusal) => Some(refusal),
                Ok(mine) => (mine < Role::Owner || has_no_master(by)).then_some(Refusal::Forbidden),
            },
            Change::Abandon => None,
            Change::Register(_) => unreachable!("nobody registers here"),
        }
    }
}

/// What the design says about a change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected {
    Happens,
    Repeats(Arc<Event>),
    Unchanged,
    Refused(Refusal),
}

pub(crate) fn name(user: UserId) -> Arc<str> {
    format!("user{user}").into()
}
